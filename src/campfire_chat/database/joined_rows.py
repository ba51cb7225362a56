"""Many rows as a few texts: for each column one text, with the values of all rows in it.

PostgreSQL takes such a text apart with ``string_to_array``. For both sides that is cheaper than an
array, whose values asyncpg writes one by one, and than JSON, which the server has to parse.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

from campfire_chat.database.prepared import Row


class JoinedRows(NamedTuple):
    """Rows, joined by column.

    Attributes:
        texts: For each column the values of all rows.
        separator: What stands between two values, and is in none of them.
        null: What stands for NULL, and is in no value.
    """

    texts: list[str]
    separator: str
    null: str


def joined(rows: Sequence[Row]) -> JoinedRows:
    """Join rows of texts, whole numbers, truth values and None. There has to be one at least."""
    separator, null = "\x1f", "\x1e"
    while (texts := _texts(rows, separator, null)) is None:
        # Somebody has sent one of the marks as part of a text. Nobody can guess these.
        token = secrets.token_hex(16)
        separator, null = f"\x1f{token}", f"\x1e{token}"
    return JoinedRows(texts, separator, null)


def _texts(rows: Sequence[Row], separator: str, null: str) -> list[str] | None:
    """None if one of the marks is part of a value."""
    texts: list[str] = []
    for values in zip(*rows, strict=True):
        try:
            text = separator.join(values)
            nulls = 0
        except TypeError:
            text = separator.join([_text(value, null) for value in values])
            nulls = values.count(None)
        if text.count(separator) != len(rows) - 1 or text.count(null) != nulls:
            return None
        texts.append(text)
    return texts


def _text(value: Any, null: str) -> str:
    if value is None:
        return null
    return value if value.__class__ is str else str(value)
