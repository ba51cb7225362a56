"""The writes of the ledger."""

from __future__ import annotations

from campfire_chat.database.statement import BulkDelete, BulkInsert
from campfire_chat.ledger import tables

INSERT_EVENTS = BulkInsert(tables.events, without=["spans"])
#: Into inboxes.
INSERT_TOLD = BulkInsert(tables.events)
REWRITE_EVENTS = BulkInsert(
    tables.events, keys=("org_id", "stream", "seq"), keep=("event", "at", "text_of", "spans")
)
WRITE_STREAMS = BulkInsert(tables.streams, keys=("org_id", "stream"))
ENSURE_STREAMS = BulkInsert(tables.streams, ignore=True)
INSERT_IDEMPOTENCY = BulkInsert(tables.idempotency)
DELETE_IDEMPOTENCY = BulkDelete(tables.idempotency)
