"""The writes of usage."""

from __future__ import annotations

from campfire_chat.access import tables
from campfire_chat.database.statement import BulkDelete, BulkInsert

WRITE_USAGE = BulkInsert(tables.usage, keys=("org_id", "key", "node_id"))


DELETE_USAGE = BulkDelete(tables.usage)
