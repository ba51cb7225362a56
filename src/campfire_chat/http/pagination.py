"""Pages of lists, and opaque cursors that say where the next page begins."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct

from campfire_chat.core.errors import InvalidCursorError

T = TypeVar("T")

DEFAULT_LIMIT = 50

Limit = Annotated[int, Meta(ge=1, le=100, description="Number of items on a page")]
Cursor = Annotated[str, Meta(max_length=512, description="next_cursor of the previous page")]


class Page(Struct, Generic[T], frozen=True):
    """A page of a list. ``next_cursor`` is null on the last page."""

    items: list[T]
    next_cursor: str | None = None


def write_cursor(place: Any) -> str:
    """A cursor for a place in a list. It needs no signature, because it grants no access."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read_cursor(cursor: str | None, kind: Any) -> Any:
    """
    Raises:
        InvalidCursorError: It does not come from this list.
    """
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise InvalidCursorError(field="cursor") from None
