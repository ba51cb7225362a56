"""Events as an agent may see them whom the host app narrows by labels.

It concerns the streams whose events are about many things: the inbox, and the agent's own.

An event that the agent may not see is replaced by one that has only its seq and its time, so that
the stream has no gap.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from campfire_chat.access.policy import shares
from campfire_chat.ledger.events import HIDDEN, EventFrame, Nothing, known_type


class _Data(Struct):
    id: str = ""
    access_labels: list[str] = []


class _Place(Struct):
    stream: str
    seq: int
    event: str
    at: str


class ScreenedEvent(_Place):
    """The part of an event that says what it is about, and who may see that."""

    data: _Data


class _Whole(Struct):
    data: dict[str, Any]


_decode = msgspec.json.Decoder(ScreenedEvent).decode
_decode_whole = msgspec.json.Decoder(_Whole).decode
_decode_place = msgspec.json.Decoder(_Place).decode
_encode = msgspec.json.Encoder().encode


def read(text: str) -> ScreenedEvent | None:
    """What an event is about; None if that cannot be told, as of a newer version's event."""
    try:
        return _decode(text)
    except msgspec.ValidationError:
        return None


def audience_of(name: str, text: str) -> str | None:
    """The stream whose audience alone may see an event; None if its type names none."""
    known = known_type(name)
    if known is None or known.audience is None:
        return None
    return known.audience(_decode_whole(text).data)


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
