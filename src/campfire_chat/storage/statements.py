"""The hot writes of the ledger."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.storage import tables
from campfire_chat.storage.dialects import Engine
from campfire_chat.storage.statement import BulkDelete, BulkInsert, Query


def _marks(engine: Engine) -> ClauseElement:
    r = tables.receipts.c
    return select(
        r.conversation_id, r.participant_kind, r.participant_id, r.delivered, r.read, r.read_count
    ).where(engine.among(r.org_id, r.conversation_id, "ids"))


MARKS = Query(_marks)
INSERT_EVENTS = BulkInsert(tables.events)
INSERT_MESSAGES = BulkInsert(tables.messages)
WRITE_CONVERSATIONS = BulkInsert(
    tables.conversations,
    keys=("org_id", "conversation_id"),
    keep=("contact_id", "created_at"),
)
WRITE_STREAMS = BulkInsert(tables.streams, keys=("org_id", "stream"))
ENSURE_STREAMS = BulkInsert(tables.streams, ignore=True)
WRITE_RECEIPTS = BulkInsert(
    tables.receipts,
    keys=("org_id", "conversation_id", "participant_kind", "participant_id"),
    forward={"delivered": "delivered", "read": "read", "read_count": "read"},
)
WRITE_AGENTS = BulkInsert(
    tables.agents, keys=("org_id", "agent_id"), keep=("availability", "created_at")
)
INSERT_IDEMPOTENCY = BulkInsert(tables.idempotency)
DELETE_IDEMPOTENCY = BulkDelete(tables.idempotency)
WRITE_PRESENCE = BulkInsert(
    tables.presence,
    keys=("org_id", "place", "participant_kind", "participant_id", "node_id"),
)
WRITE_NODES = BulkInsert(tables.nodes, keys=("org_id", "node_id"), keep=("started_at",))
DELETE_PRESENCE = BulkDelete(tables.presence)
WRITE_USAGE = BulkInsert(tables.usage, keys=("org_id", "key", "node_id"))
DELETE_USAGE = BulkDelete(tables.usage)
#: A job whose key waits already is that job with another time and other arguments.
INSERT_JOBS = BulkInsert(
    tables.jobs,
    keys=("org_id", "kind", "job_key"),
    where=tables.JOB_WAITS,
    keep=("job_id", "lease", "attempts", "created_at", "error", "parked_at"),
)
