"""Events of an inbox as an agent may see them whom the host app narrows by labels.

An event that the agent may not see is replaced by one that has only its seq and its time, so that
the stream has no gap.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from campfire_chat.access.policy import shares
from campfire_chat.ledger.events import HIDDEN, EventFrame, Nothing


class _Data(Struct):
    id: str = ""
    access_labels: list[str] = []


class _Place(Struct):
    stream: str
    seq: int
    event: str
    at: str


class InboxEvent(_Place):
    """The part of an inbox event that says what it is about, and who may see that."""

    data: _Data


_decode = msgspec.json.Decoder(InboxEvent).decode
_decode_place = msgspec.json.Decoder(_Place).decode
_encode = msgspec.json.Encoder().encode


def read(text: str) -> InboxEvent | None:
    """What an event is about; None if that cannot be told, as of a newer version's event."""
    try:
        return _decode(text)
    except msgspec.ValidationError:
        return None


def screened(text: str, labels: frozenset[str]) -> str:
    """An event that has just been committed, for an agent with these labels.

    What it is about had the labels that the event itself tells.
    """
    event = read(text)
    seen = event is not None and shares(labels, event.data.access_labels)
    return text if seen else hidden(text)


def hidden(text: str) -> str:
    """The event that stands for one that may not be seen."""
    place = _decode_place(text)
    frame = EventFrame(
        stream=place.stream, seq=place.seq, event=HIDDEN.name, at=place.at, data=Nothing()
    )
    return _encode(frame).decode()
