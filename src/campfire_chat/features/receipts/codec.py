"""Rows of receipts to records, and back."""

from __future__ import annotations

from campfire_chat.database.codec import Codec, Part
from campfire_chat.features.receipts import tables
from campfire_chat.features.receipts.records import ReceiptRecord

RECEIPT_ROWS = Codec(
    tables.receipts,
    ReceiptRecord,
    inner={"participant": Part("participant_")},
    given=("org_id", "conversation_id", "read_count"),
)
