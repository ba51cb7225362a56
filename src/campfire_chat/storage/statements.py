"""The ledger's hot writes, each compiled once per engine."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.storage import tables
from campfire_chat.storage.dialects import Engine, Statement


def _values(table: Table) -> dict[str, Any]:
    return {column.name: bindparam(column.name, type_=column.type) for column in table.columns}


def _insert(table: Table) -> Statement:
    return Statement(lambda engine: engine.upsert(table).values(_values(table)))


def _upsert(table: Table, *keys: str) -> Statement:
    def build(engine: Engine) -> ClauseElement:
        insert = engine.upsert(table).values(_values(table))
        changed = {
            column.name: insert.excluded[column.name]
            for column in table.columns
            if column.name not in keys
        }
        return insert.on_conflict_do_update(index_elements=list(keys), set_=changed)

    return Statement(build)


def _update_conversation(_: Engine) -> ClauseElement:
    table = tables.conversations
    fixed = {"org_id", "conversation_id", "contact_id", "created_at"}
    # A bind parameter may not carry the name of a column that an UPDATE sets, hence the prefix.
    return (
        update(table)
        .where(
            table.c.org_id == bindparam("key_org_id"),
            table.c.conversation_id == bindparam("key_conversation_id"),
        )
        .values(
            {
                column.name: bindparam(f"new_{column.name}", type_=column.type)
                for column in table.columns
                if column.name not in fixed
            }
        )
    )


def _ensure_stream(engine: Engine) -> ClauseElement:
    return engine.upsert(tables.streams).values(_values(tables.streams)).on_conflict_do_nothing()


def _delete_presence(_: Engine) -> ClauseElement:
    table = tables.presence
    return delete(table).where(
        *(column == bindparam(column.name) for column in table.primary_key.columns)
    )


def _marks(engine: Engine) -> ClauseElement:
    r = tables.receipts.c
    return select(
        r.conversation_id, r.participant_kind, r.participant_id, r.delivered, r.read, r.read_count
    ).where(engine.among(r.org_id, r.conversation_id, "ids"))


INSERT_EVENT = _insert(tables.events)
INSERT_MESSAGE = _insert(tables.messages)
INSERT_CONVERSATION = _insert(tables.conversations)
UPDATE_CONVERSATION = Statement(_update_conversation)
UPSERT_STREAM = _upsert(tables.streams, "org_id", "stream")
ENSURE_STREAM = Statement(_ensure_stream)
UPSERT_RECEIPT = _upsert(
    tables.receipts, "org_id", "conversation_id", "participant_kind", "participant_id"
)
MARKS = Statement(_marks)
INSERT_IDEMPOTENCY = _insert(tables.idempotency)
UPSERT_PRESENCE = _upsert(
    tables.presence, "org_id", "place", "participant_kind", "participant_id", "node_id"
)
DELETE_PRESENCE = Statement(_delete_presence)
