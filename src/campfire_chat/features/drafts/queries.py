"""Reading the drafts of an agent. Who asks has to check that the agent sees the conversations."""

from __future__ import annotations

from sqlalchemy import Integer, bindparam, func, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.access.actor import Actor
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import Query
from campfire_chat.features.drafts.codec import DRAFT_ROWS
from campfire_chat.features.drafts.records import DraftRecord
from campfire_chat.features.drafts.tables import drafts

_d = drafts.c
_OWN = (_d.org_id == bindparam("org_id"), _d.agent_id == bindparam("agent_id"))


def _page(_: Engine) -> ClauseElement:
    return (
        DRAFT_ROWS.select()
        .where(*_OWN, _d.conversation_id > bindparam("after"))
        .order_by(_d.conversation_id)
        .limit(bindparam("count", type_=Integer))
    )


def _one(_: Engine) -> ClauseElement:
    return DRAFT_ROWS.select().where(*_OWN, _d.conversation_id == bindparam("conversation_id"))


def _count(_: Engine) -> ClauseElement:
    return select(func.count()).select_from(drafts).where(*_OWN)


PAGE = Query(_page)
ONE = Query(_one)
COUNT = Query(_count)


async def page(
    session: Session, actor: Actor, after: str, limit: int
) -> tuple[list[DraftRecord], str | None]:
    """The caller's drafts, by the ids of their conversations, and where the next page begins."""
    rows = await session.fetch(PAGE, **_own(actor), after=after, count=limit + 1)
    found = [DRAFT_ROWS.read(row) for row in rows]
    shown = found[:limit]
    return shown, shown[-1].conversation_id if len(found) > limit else None


async def get(session: Session, actor: Actor, conversation_id: str) -> DraftRecord:
    """The caller's draft in a conversation; without ``updated_at`` if there is none."""
    rows = await session.fetch(ONE, **_own(actor), conversation_id=conversation_id)
    return DRAFT_ROWS.read(rows[0]) if rows else DraftRecord(conversation_id=conversation_id)


async def count(session: Session, actor: Actor) -> int:
    """How many drafts the caller has."""
    ((found,),) = await session.fetch(COUNT, **_own(actor))
    return found


def _own(actor: Actor) -> dict[str, str]:
    return {"org_id": actor.organization, "agent_id": actor.principal.id}
