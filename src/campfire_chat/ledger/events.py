"""What an event is, and what a type of events has to say of itself.

An event is stored once, as the bytes that every client receives:
``{"type": "event", "stream": …, "seq": …, "event": …, "at": …, "data": …}``.
The meaning of a type never changes. New versions may only add fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from campfire_chat.core.scalars import Timestamp


class EventFrame(Struct, frozen=True, kw_only=True, tag="event", tag_field="type"):
    """An event as it is stored and goes over the wire."""

    stream: str
    seq: int
    event: str
    at: Timestamp
    data: Any


_declared: dict[str, EventType] = {}


def _no_text(data: Any) -> None:
    """Most events hold nothing that somebody wrote."""


class EventType(Struct, frozen=True):
    """A type of events. A noun declares its types, and the engine knows none of them.

    Attributes:
        name: Names it on the wire and in the log, such as ``message.created``.
        streams: The kinds of streams that it appears in.
        data: The type of its data.
        version: Grows with each field that was added to the data.
        text_of: The id of the record whose text an event's data holds, or None. Whoever deletes
            that record takes its text out of these events too.
        with_text: An event's data with the present text of that record, given the data as it was
            decoded from the log and the record.
        audience: The name of the stream whose audience alone may see an event in a stream of
            :data:`~campfire_chat.ledger.streams.SCREENED`, given the event's data as it was decoded
            from the log. For what is told to somebody about a thing that may be hidden from them.
            The data has the ``access_labels`` of the thing.
    """

    name: str
    streams: tuple[str, ...]
    data: type[Struct]
    version: int = 1
    text_of: Callable[[Any], str | None] = _no_text
    with_text: Callable[[dict[str, Any], Any], Any] | None = None
    audience: Callable[[dict[str, Any]], str] | None = None

    def __post_init__(self) -> None:
        if self.name in _declared:
            raise AssertionError(f"there are two types of events called {self.name}")
        _declared[self.name] = self


class Nothing(Struct, frozen=True):
    """The data of an event that tells nothing."""


#: Stands for what one may not see: for an event about a thing that is hidden from an agent, and in
#: an inbox for a commit that has told only streams of which colleagues learn nothing.
HIDDEN = EventType("hidden", ("inbox", "agent"), Nothing)


def known_type(name: str) -> EventType | None:
    """The type of that name; None if only another version knows it."""
    return _declared.get(name)


def all_types() -> list[EventType]:
    """Every type that a noun has declared, by name."""
    return [_declared[name] for name in sorted(_declared)]
