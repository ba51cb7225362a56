"""Queries about conversations. Every one is given a scope and returns only what it may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, union_all
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.domain.conversations import Conversation
from campfire_chat.domain.principal import Scope
from campfire_chat.errors import NotFoundError
from campfire_chat.models import Status
from campfire_chat.storage import tables
from campfire_chat.storage.dialects import Engine
from campfire_chat.storage.lanes import Session
from campfire_chat.storage.records import CONVERSATION_COLUMNS, conversation_of
from campfire_chat.storage.statement import Query

_c = tables.conversations.c

#: Which assignee a list is narrowed to: an agent's id, nobody, or anyone.
ANYONE = object()


def _select() -> Select[Any]:
    named: dict[str, Any] = {
        "external_id": tables.contacts.c.external_id,
        "verified": tables.contacts.c.verified,
        "contact_name": tables.contacts.c.name.label("contact_name"),
        "contact_email": tables.contacts.c.email.label("contact_email"),
        "contact_avatar_url": tables.contacts.c.avatar_url.label("contact_avatar_url"),
        "assignee_name": tables.agents.c.name.label("assignee_name"),
        "assignee_avatar_url": tables.agents.c.avatar_url.label("assignee_avatar_url"),
    }
    chosen = [
        named[name] if name in named else tables.conversations.c[name]
        for name in CONVERSATION_COLUMNS
    ]
    return select(*chosen).select_from(
        tables.conversations.join(
            tables.contacts,
            and_(
                tables.contacts.c.org_id == _c.org_id,
                tables.contacts.c.contact_id == _c.contact_id,
            ),
        ).outerjoin(
            tables.agents,
            and_(
                tables.agents.c.org_id == _c.org_id,
                tables.agents.c.agent_id == _c.assignee_id,
            ),
        )
    )


def _by_id(engine: Engine) -> ClauseElement:
    return _select().where(engine.among(_c.org_id, _c.conversation_id, "ids"))


BY_ID = Query(_by_id)


def may_see(scope: Scope, conversation: Conversation) -> bool:
    """Agents see their organisation's conversations, visitors their own."""
    return conversation.organization == scope.organization and (
        scope.is_agent or conversation.contact.id == scope.principal.id
    )


def _visible(scope: Scope) -> ColumnElement[bool]:
    """:func:`may_see` as a condition."""
    own = _c.org_id == scope.organization
    return own if scope.is_agent else and_(own, _c.contact_id == scope.principal.id)


async def get(session: Session, scope: Scope, conversation_id: str) -> Conversation:
    """
    Raises:
        NotFoundError: No such conversation, or not one that the caller may see.
    """
    rows = await session.fetch(
        BY_ID, org_id=scope.organization, ids=session.engine.list_value([conversation_id])
    )
    for row in rows:
        found = conversation_of(scope.organization, row)
        if may_see(scope, found):
            return found
    raise NotFoundError("There is no such conversation.")


async def list_page(
    session: Session,
    scope: Scope,
    *,
    statuses: Sequence[Status],
    assignee_id: str | object | None,
    before: tuple[int, str] | None,
    limit: int,
) -> list[Conversation]:
    """A page of conversations, newest activity first.

    Each status is one range of an index, cut off at ``limit`` before the ranges are merged, so
    that the page costs the same however much there is.

    Args:
        assignee_id: An agent's id, None for nobody, :data:`ANYONE` for no condition.
        before: Activity time and id of the last row of the page before.
    """

    def narrowed(query: Select[Any]) -> Select[Any]:
        query = query.where(_visible(scope))
        if assignee_id is None:
            query = query.where(_c.assignee_id.is_(None))
        elif assignee_id is not ANYONE:
            query = query.where(_c.assignee_id == assignee_id)
        if before is not None:
            at, conversation_id = before
            query = query.where(
                _c.last_activity_at <= at,
                or_(_c.last_activity_at < at, _c.conversation_id < conversation_id),
            )
        return query.order_by(_c.last_activity_at.desc(), _c.conversation_id.desc()).limit(limit)

    ranges = [
        select(narrowed(select(_c.conversation_id).where(_c.status == status.value)).subquery())
        for status in statuses
    ]
    ids = union_all(*ranges).subquery()
    query = (
        _select()
        .where(_c.org_id == scope.organization, _c.conversation_id.in_(select(ids.c[0])))
        .order_by(_c.last_activity_at.desc(), _c.conversation_id.desc())
        .limit(limit)
    )
    rows = await session.all(query)
    return [
        conversation_of(scope.organization, [row[name] for name in CONVERSATION_COLUMNS])
        for row in rows
    ]


async def due_snoozes(session: Session, now: int, limit: int) -> list[tuple[str, str]]:
    """Organisation and id of conversations whose snooze has ended; for the clock, not a caller."""
    rows = await session.all(
        select(_c.org_id, _c.conversation_id)
        .where(_c.status == Status.SNOOZED.value, _c.snoozed_until <= now)
        .order_by(_c.snoozed_until)
        .limit(limit)
    )
    return [(row["org_id"], row["conversation_id"]) for row in rows]


async def open_assigned_to(session: Session, organization: str, agent_id: str) -> list[str]:
    """Ids of an agent's open conversations, whose visitors are told of their availability."""
    rows = await session.all(
        select(_c.conversation_id)
        .where(
            _c.org_id == organization,
            _c.status == Status.OPEN.value,
            _c.assignee_id == agent_id,
        )
        .order_by(_c.last_activity_at.desc())
        .limit(500)
    )
    return [row["conversation_id"] for row in rows]
