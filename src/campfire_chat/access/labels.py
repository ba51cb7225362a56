"""Access labels: the host app narrows which conversations an agent sees.

A conversation may carry labels. An agent with labels sees the conversations that carry at least
one of them, and those that carry none. An agent without labels of their own sees all.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import msgspec

from campfire_chat.core import text
from campfire_chat.core.errors import ConfigurationError, InvalidError

#: Greatest length of a label, and number of labels of a conversation.
MAX_LENGTH = 64
MOST = 20

_decode = msgspec.json.Decoder(list[str]).decode
_encode = msgspec.json.Encoder().encode


def stored(labels: frozenset[str]) -> str | None:
    """Labels as they are stored: a sorted JSON list, or null for none."""
    return _encode(sorted(labels)).decode() if labels else None


@lru_cache(maxsize=1024)
def from_stored(column: str | None) -> frozenset[str]:
    return frozenset() if column is None else frozenset(_decode(column))


def digest(labels: frozenset[str] | None) -> str | None:
    """A short text that differs where labels do."""
    if labels is None:
        return None
    return hashlib.blake2b(_encode(sorted(labels)), digest_size=16).hexdigest()


def check(labels: list[str]) -> frozenset[str]:
    """The labels of a conversation, as somebody sets them.

    Raises:
        InvalidError: Too many, or one is empty or too long.
    """
    clean = frozenset(
        text.check_line(label, field="access_labels", limit=MAX_LENGTH) for label in labels
    )
    if len(clean) > MOST:
        raise InvalidError(
            f"A conversation may have at most {MOST} access labels.", field="access_labels"
        )
    return clean


def of_host(answer: object) -> frozenset[str] | None:
    """The labels of an agent, as the host app's ``access_labels`` answered.

    Raises:
        ConfigurationError: It is something else.
    """
    if answer is None:
        return None
    if not isinstance(answer, set | frozenset | list | tuple):
        raise ConfigurationError(
            f"access_labels must return a set of strings or None, not {type(answer).__name__}"
        )
    labels: frozenset[Any] = frozenset(answer)  # pyright: ignore[reportUnknownArgumentType]
    for label in labels:
        if not isinstance(label, str):
            raise ConfigurationError(
                f"access_labels must return a set of strings, not of {type(label).__name__}"
            )
    return labels
