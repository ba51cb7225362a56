"""Rows of drafts to records, and back."""

from __future__ import annotations

from campfire_chat.database.codec import Codec
from campfire_chat.features.drafts import tables
from campfire_chat.features.drafts.records import DraftRecord

DRAFT_ROWS = Codec(tables.drafts, DraftRecord, given=("org_id", "agent_id"))
