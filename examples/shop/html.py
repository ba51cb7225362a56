"""HTML from templates in which every value is escaped unless it is HTML already."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


class Html(str):
    """Text that is markup and stays as it is."""

    __slots__ = ()


Value = str | int | Html | Iterable[Html]


def html(template: str, /, **values: Value) -> Html:
    """Fill ``{name}`` in a template; strings are escaped, several pieces of HTML are joined."""
    return Html(template.format_map({name: _fill(value) for name, value in values.items()}))


def _fill(value: Value) -> str:
    if isinstance(value, Html):
        return value
    if isinstance(value, str | int):
        return escape(str(value))
    return "".join(value)
