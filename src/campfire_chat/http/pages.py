"""Opaque cursors: where the next page of a list begins."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct

from campfire_chat.errors import InvalidCursorError

T = TypeVar("T")

DEFAULT_LIMIT = 50

Limit = Annotated[int, Meta(ge=1, le=100, description="How many items a page has")]
Cursor = Annotated[str, Meta(max_length=512, description="next_cursor of the page before")]


class Page(Struct, Generic[T], frozen=True):
    """A page of a list; ``next_cursor`` is null on the last one."""

    items: list[T]
    next_cursor: str | None = None


def write_cursor(place: Any) -> str:
    """A cursor for a place in a list. It is not signed: it only says where, never what."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read_cursor(cursor: str | None, kind: Any) -> Any:
    """
    Raises:
        InvalidCursorError: It was not given out by this list.
    """
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise InvalidCursorError(field="cursor") from None
