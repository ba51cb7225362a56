"""What happened, as it goes over the wire."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from campfire_chat.access.records import Participant
from campfire_chat.core.scalars import Timestamp


class HistoryEntry(Struct, frozen=True, kw_only=True):
    """Something that happened to a conversation: one event of its streams.

    Attributes:
        stream: The stream of the event.
        seq: Its number in that stream.
        event: Its type.
        at: When it happened.
        actor: Who did it. Null if the event does not say so.
        data: The data of the event. A deleted message has no text any more.
    """

    stream: str
    seq: int
    event: str
    at: Timestamp
    actor: Participant | None
    data: dict[str, Any]
