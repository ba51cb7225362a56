"""The writes of presence."""

from __future__ import annotations

from campfire_chat.database.statement import BulkDelete, BulkInsert
from campfire_chat.features.presence import tables

WRITE_PRESENCE = BulkInsert(
    tables.presence,
    keys=("org_id", "place", "participant_kind", "participant_id", "node_id"),
)


DELETE_PRESENCE = BulkDelete(tables.presence)


WRITE_SESSIONS = BulkInsert(tables.agent_sessions, keys=("org_id", "agent_id"))
