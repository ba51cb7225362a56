"""Queries for receipts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.access.actor import Actor
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.prepared import Prepared, Row
from campfire_chat.database.statement import BulkInsert, Query
from campfire_chat.features.receipts import tables
from campfire_chat.features.receipts.codec import RECEIPT_ROWS
from campfire_chat.features.receipts.records import ReceiptRecord

_r = tables.receipts.c


def _of_conversation(_: Engine) -> ClauseElement:
    return (
        RECEIPT_ROWS.select()
        .where(_r.org_id == bindparam("org_id"), _r.conversation_id == bindparam("id"))
        .order_by(_r.participant_kind, _r.participant_id)
    )


def _read_counts(engine: Engine) -> ClauseElement:
    return select(_r.conversation_id, _r.read_count).where(
        engine.among(_r.org_id, _r.conversation_id, "ids"),
        _r.participant_kind == bindparam("kind"),
        _r.participant_id == bindparam("participant_id"),
    )


def _marks(engine: Engine) -> ClauseElement:
    return select(
        _r.conversation_id,
        *(_r.participant_kind, _r.participant_id, _r.delivered, _r.read, _r.read_count),
    ).where(engine.among(_r.org_id, _r.conversation_id, "ids"))


#: The marks of all participants of some conversations.
MARKS = Query(_marks)
WRITE_RECEIPTS = BulkInsert(
    tables.receipts,
    keys=("org_id", "conversation_id", "participant_kind", "participant_id"),
    forward={"delivered": "delivered", "read": "read", "read_count": "read"},
)
#: The marks of all participants of a conversation.
OF_CONVERSATION = Query(_of_conversation)
READ_COUNTS = Query(_read_counts)


def receipts_of(rows: Sequence[Row]) -> list[ReceiptRecord]:
    """The marks in the rows of :data:`OF_CONVERSATION`."""
    return [RECEIPT_ROWS.read(row) for row in rows]


def count_reads(engine: Engine, actor: Actor, conversation_ids: Sequence[str]) -> Prepared:
    """The query for how many messages of the other side the caller has read."""
    return READ_COUNTS.prepare(
        engine,
        {
            "org_id": actor.organization,
            "ids": engine.list_value(conversation_ids),
            "kind": actor.principal.kind.value,
            "participant_id": actor.principal.id,
        },
    )


async def read_counts(
    session: Session, actor: Actor, conversation_ids: Sequence[str]
) -> dict[str, int]:
    """The number of messages of the other side that the caller has read, by conversation."""
    if not conversation_ids:
        return {}
    rows = await session.run(count_reads(session.engine, actor, conversation_ids))
    return {row[0]: row[1] for row in rows}
