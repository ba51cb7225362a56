"""The frames of receipts."""

from __future__ import annotations

from campfire_chat.access.records import Participant
from campfire_chat.realtime.frames import EntityId, Frame, RequestId, Seq


class Receipt(Frame, frozen=True, kw_only=True, tag="receipt"):
    conversation_id: EntityId
    delivered: Seq | None = None
    read: Seq | None = None
    id: RequestId | None = None


class ReceiptNotice(Frame, frozen=True, kw_only=True, tag="receipt"):
    conversation_id: str
    participant: Participant
    delivered: int
    read: int
