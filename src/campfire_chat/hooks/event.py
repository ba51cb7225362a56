"""An event as the host's code sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from campfire_chat.feed.reading import FeedEvent
from campfire_chat.ledger import streams
from campfire_chat.ledger.events import known_type

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Event(Struct, frozen=True):
    """Something that has happened, and is stored.

    Attributes:
        id: The same however often the event is given out: what is done because of it can be
            recognised by it.
        name: Its type, such as ``message.created``.
        organization: Whose it is.
        at: When it happened, in UTC.
        stream: The stream that it belongs to. Visitors never see what is in ``notes:…`` and
            ``inbox:…``.
        seq: Its number in that stream.
        subject: The id of what it is about, such as a conversation. The events of one subject are
            given out in their order.
        data: What the reference of events says, as a record with attributes; as a dictionary
            for a type that only a newer version knows.
    """

    id: str
    name: str
    organization: str
    at: datetime
    stream: str
    seq: int
    subject: str
    data: Any


class _Frame(Struct):
    """Of the text that clients receive, what is not in the columns of the log."""

    data: msgspec.Raw


_frame = msgspec.json.Decoder(_Frame).decode


class _Subject(Struct):
    """What most records have."""

    id: str | None = None


def subject_of(event: FeedEvent) -> str:
    """The id of what an event is about.

    The streams of an aggregate are about it. In an inbox, the entry names its record.
    """
    stream = streams.parse(event.stream)
    if stream.kind != streams.INBOX:
        return stream.subject
    found = msgspec.json.decode(_frame(event.payload).data, type=_Subject)
    return found.id or event.stream


def event_of(event: FeedEvent) -> Event:
    """An event of the feed for the host's code."""
    known = known_type(event.event)
    data = _frame(event.payload).data
    return Event(
        id=f"{event.stream}#{event.seq}",
        name=event.event,
        organization=event.organization,
        at=_EPOCH + timedelta(microseconds=event.at),
        stream=event.stream,
        seq=event.seq,
        subject=subject_of(event),
        data=msgspec.json.decode(data, type=Any if known is None else known.data),
    )
