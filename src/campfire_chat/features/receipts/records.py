"""Receipts, as they go over the wire."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.access.records import Participant


class ReceiptRecord(Struct, frozen=True, kw_only=True):
    """How far a participant has received and read ``conversation:<id>``. Seqs only increase."""

    participant: Participant
    delivered: int
    read: int
