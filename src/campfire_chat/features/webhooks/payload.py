"""What a delivery sends: made from the event log whenever it is needed, and never stored.

So a text that was deleted meanwhile goes out with no later attempt, and is in no log.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec
from msgspec import Struct

from campfire_chat.core import clock
from campfire_chat.core.scalars import Timestamp
from campfire_chat.features.webhooks.records import TextChoice
from campfire_chat.ledger import streams

#: The type of the event that a person sends to try a webhook. It is in no stream.
TEST = "webhook.test"
#: Fields of an event's data that hold the text of a message.
TEXTS = ("body", "text")
#: The kind of streams in which the texts of notes are.
NOTES = "notes"

_encode = msgspec.json.Encoder().encode


class Payload(Struct, frozen=True, kw_only=True):
    """The body of a delivery.

    Attributes:
        type: The type of the event.
        timestamp: When it happened.
        stream: The stream that it belongs to; null for a test event.
        seq: Its number in that stream; null for a test event.
        data: What the reference of events says.
    """

    type: str
    timestamp: Timestamp
    organization: str
    stream: str | None
    seq: int | None
    data: Any


class _Frame(Struct):
    data: Any


_frame = msgspec.json.Decoder(_Frame).decode


def of_event(
    organization: str, stream: str, seq: int, event: str, at: int, frame: str, choice: TextChoice
) -> bytes:
    """The body for an event of the log.

    Args:
        frame: The text that clients receive.
        choice: Which texts stay in it.
    """
    data = _frame(frame).data
    kept = choice is TextChoice.ALL or (
        choice is TextChoice.PUBLIC and streams.parse(stream).kind != NOTES
    )
    return _encode(
        Payload(
            type=event,
            timestamp=clock.rfc3339(at),
            organization=organization,
            stream=stream,
            seq=seq,
            data=data if kept else without_texts(data),
        )
    )


def of_test(organization: str, webhook_id: str, at: int) -> bytes:
    """The body of a test event."""
    return _encode(
        Payload(
            type=TEST,
            timestamp=clock.rfc3339(at),
            organization=organization,
            stream=None,
            seq=None,
            data={"webhook_id": webhook_id},
        )
    )


def without_texts(data: Any) -> Any:
    """The same data without the fields that hold texts of messages, however deep they are."""
    if isinstance(data, dict):
        known = cast("dict[str, Any]", data)
        return {key: without_texts(value) for key, value in known.items() if key not in TEXTS}
    if isinstance(data, list):
        return [without_texts(item) for item in cast("list[Any]", data)]
    return data
