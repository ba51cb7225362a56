"""An event of an inbox before its seq is known.

The seqs of an inbox are given out last, under a lock that every write in the organisation needs. So
everything else of its events is made before.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from campfire_chat.core import clock
from campfire_chat.ledger import streams
from campfire_chat.ledger.events import EventFrame, EventType

_encode = msgspec.json.Encoder().encode


class InboxEntry:
    """See the module.

    Attributes:
        before: The text before the seq, and ``after`` that behind it.
        at: Microseconds since 1970.
        text_of: The id of the record whose text it holds.
    """

    __slots__ = ("after", "at", "before", "event", "text_of")

    def __init__(self, organization: str, event: EventType, data: Struct, at: int) -> None:
        frame = EventFrame(
            stream=streams.inbox(organization),
            seq=0,
            event=event.name,
            at=clock.rfc3339(at),
            data=data,
        )
        # Quotation marks inside a JSON string are escaped, so the first match is the field.
        before, found, after = _encode(frame).decode().partition('"seq":0,')
        if not found:
            raise AssertionError("an event frame without a seq")
        self.before = before + '"seq":'
        self.after = "," + after
        self.at = at
        self.event = event.name
        self.text_of = event.text_of(data)

    def payload(self, seq: int) -> str:
        """The text that clients receive."""
        return f"{self.before}{seq}{self.after}"
