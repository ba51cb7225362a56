"""Queries about marks: how far everybody has got."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from campfire_chat.domain.principal import Scope
from campfire_chat.models import ReceiptRecord
from campfire_chat.storage import tables
from campfire_chat.storage.lanes import Session
from campfire_chat.storage.records import receipt_of

_r = tables.receipts.c


async def of_conversation(
    session: Session, scope: Scope, conversation_id: str
) -> list[ReceiptRecord]:
    """Everybody's marks; for callers that have seen that the conversation may be seen."""
    rows = await session.all(
        select(tables.receipts)
        .where(_r.org_id == scope.organization, _r.conversation_id == conversation_id)
        .order_by(_r.participant_kind, _r.participant_id)
    )
    return [receipt_of(row) for row in rows]


async def read_counts(
    session: Session, scope: Scope, conversation_ids: Sequence[str]
) -> dict[str, int]:
    """How many messages of the other side the caller has read, by conversation."""
    rows = await session.all(
        select(_r.conversation_id, _r.read_count).where(
            _r.org_id == scope.organization,
            _r.participant_kind == scope.principal.kind.value,
            _r.participant_id == scope.principal.id,
            _r.conversation_id.in_(list(conversation_ids)),
        )
    )
    return {row["conversation_id"]: row["read_count"] for row in rows}
