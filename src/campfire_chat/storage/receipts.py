"""Queries for receipts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.domain.principal import Scope
from campfire_chat.models import Participant, ReceiptRecord, SenderKind
from campfire_chat.storage import tables
from campfire_chat.storage.dialects import Engine
from campfire_chat.storage.lanes import Session
from campfire_chat.storage.statement import Query

_r = tables.receipts.c


def _of_conversation(_: Engine) -> ClauseElement:
    return (
        select(
            _r.participant_kind,
            _r.participant_id,
            _r.participant_name,
            _r.participant_avatar_url,
            _r.delivered,
            _r.read,
        )
        .where(_r.org_id == bindparam("org_id"), _r.conversation_id == bindparam("id"))
        .order_by(_r.participant_kind, _r.participant_id)
    )


def _read_counts(engine: Engine) -> ClauseElement:
    return select(_r.conversation_id, _r.read_count).where(
        engine.among(_r.org_id, _r.conversation_id, "ids"),
        _r.participant_kind == bindparam("kind"),
        _r.participant_id == bindparam("participant_id"),
    )


OF_CONVERSATION = Query(_of_conversation)
READ_COUNTS = Query(_read_counts)


async def of_conversation(
    session: Session, scope: Scope, conversation_id: str
) -> list[ReceiptRecord]:
    """The marks of all participants. The caller has to check permission for the conversation."""
    rows = await session.fetch(OF_CONVERSATION, org_id=scope.organization, id=conversation_id)
    return [
        ReceiptRecord(
            participant=Participant(SenderKind(kind), participant_id, name, avatar_url),
            delivered=delivered,
            read=read,
        )
        for kind, participant_id, name, avatar_url, delivered, read in rows
    ]


async def read_counts(
    session: Session, scope: Scope, conversation_ids: Sequence[str]
) -> dict[str, int]:
    """The number of messages of the other side that the caller has read, by conversation."""
    if not conversation_ids:
        return {}
    rows = await session.fetch(
        READ_COUNTS,
        org_id=scope.organization,
        ids=session.engine.list_value(conversation_ids),
        kind=scope.principal.kind.value,
        participant_id=scope.principal.id,
    )
    return {row[0]: row[1] for row in rows}
