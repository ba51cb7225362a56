"""Queries for conversations. Each takes a scope and returns only what the caller may see."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Any, Literal, NamedTuple

from sqlalchemy import FromClause, Integer, Select, String, and_, bindparam, or_, select, union_all
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

#: The assignee filter of a list: an agent's id, nobody, or anyone.
ANYONE = object()

#: For so many open conversations of an agent, visitors are told when the availability changes.
MOST_TOLD = 500
#: Where the first page of a list begins: before all rows.
_NEWEST = (2**62, "")


def _with_names(of: FromClause, *, known: bool = True) -> Select[Any]:
    """Conversations ``of`` a table or subquery, with the contact and the assignee.

    Args:
        known: Whether the contacts certainly exist.
    """
    contact, agent = tables.contacts.c, tables.agents.c
    named: dict[str, Any] = {
        "external_id": contact.external_id,
        "verified": contact.verified,
        "contact_name": contact.name.label("contact_name"),
        "contact_email": contact.email.label("contact_email"),
        "contact_avatar_url": contact.avatar_url.label("contact_avatar_url"),
        "assignee_name": agent.name.label("assignee_name"),
        "assignee_avatar_url": agent.avatar_url.label("assignee_avatar_url"),
    }
    chosen = [named[name] if name in named else of.c[name] for name in CONVERSATION_COLUMNS]
    return select(*chosen).select_from(
        of.join(
            tables.contacts,
            and_(contact.org_id == of.c.org_id, contact.contact_id == of.c.contact_id),
            isouter=not known,
        ).outerjoin(
            tables.agents,
            and_(agent.org_id == of.c.org_id, agent.agent_id == of.c.assignee_id),
        )
    )


def _by_id(engine: Engine) -> ClauseElement:
    return _with_names(tables.conversations).where(
        engine.among(_c.org_id, _c.conversation_id, "ids")
    )


def _owners(engine: Engine) -> ClauseElement:
    return select(_c.conversation_id, _c.contact_id, _c.head, _c.notes_head).where(
        engine.among(_c.org_id, _c.conversation_id, "ids")
    )


def _lock(engine: Engine) -> ClauseElement:
    """The columns of :data:`BY_ID`, with a lock on the rows."""
    if not engine.lock_rows:
        return _by_id(engine)
    # Sorted, so that two transactions never wait for each other. A row that was waited for
    # comes as it is by then; to join it in the same breath would go by what it was before.
    locked = (
        select(tables.conversations)
        .where(engine.among(_c.org_id, _c.conversation_id, "ids"))
        .order_by(_c.conversation_id)
        .with_for_update(key_share=True)
    )
    return _with_names(locked.cte("locked"), known=False)


def _lock_heads(engine: Engine) -> ClauseElement:
    query = (
        select(_c.conversation_id, _c.head, _c.notes_head)
        .where(engine.among(_c.org_id, _c.conversation_id, "ids"))
        .order_by(_c.conversation_id)
    )
    return query.with_for_update(key_share=True) if engine.lock_rows else query


BY_ID = Query(_by_id)
#: The row of a conversation is its lock, and that of its streams, whose heads it knows. The people
#: in it are as they were when the wait for it began: an agent, or a contact, who came later has no
#: name yet, see :func:`~campfire_chat.storage.records.complete`.
LOCK = Query(_lock)
#: The same lock, for conversations whose records are in memory.
LOCK_HEADS = Query(_lock_heads)
#: The contacts of conversations, which decide who may see them, and the heads.
OWNERS = Query(_owners)


class Owner(NamedTuple):
    """The contact of a conversation, and the heads of its streams."""

    contact_id: str
    head: int
    notes_head: int

    def lets(self, scope: Scope) -> bool:
        """Whether a caller of the same organisation may see the conversation."""
        return scope.is_agent or scope.principal.id == self.contact_id


async def owners(
    session: Session, organization: str, conversation_ids: Sequence[str]
) -> dict[str, Owner]:
    """The contact of each conversation. Conversations that do not exist are left out."""
    rows = await session.fetch(
        OWNERS, org_id=organization, ids=session.engine.list_value(conversation_ids)
    )
    return {row[0]: Owner(*row[1:]) for row in rows}


def may_see(scope: Scope, conversation: Conversation) -> bool:
    """Agents see the conversations of their organisation, visitors their own."""
    return conversation.organization == scope.organization and (
        scope.is_agent or conversation.contact.id == scope.principal.id
    )


async def check(session: Session, scope: Scope, conversation_id: str) -> None:
    """
    Raises:
        NotFoundError: No such conversation, or not one that the caller may see.
    """
    found = await owners(session, scope.organization, [conversation_id])
    owner = found.get(conversation_id)
    if owner is None or not owner.lets(scope):
        raise NotFoundError("There is no such conversation.")


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


#: The conversations of a list: all, those of an agent, unassigned ones, or a visitor's own.
_Whose = Literal["all", "assigned", "unassigned", "own"]


def _page(whose: _Whose, statuses: int, _: Engine) -> ClauseElement:
    """The query for a page of conversations that have one of several statuses.

    Each status is one range of an index, cut off at the limit before the ranges are merged, so
    that a page costs the same however many conversations there are. A visitor has only a few.
    """
    at = bindparam("at", type_=_c.last_activity_at.type)
    limit = bindparam("count", type_=Integer)
    latest = (_c.last_activity_at.desc(), _c.conversation_id.desc())
    wanted = [bindparam(f"status_{number}", type_=String) for number in range(statuses)]
    narrowed = (
        select(tables.conversations)
        .where(
            _c.org_id == bindparam("org_id"),
            _c.last_activity_at <= at,
            or_(_c.last_activity_at < at, _c.conversation_id < bindparam("id", type_=String)),
        )
        .limit(limit)
    )
    if whose == "own":
        mine = _c.contact_id == bindparam("whose", type_=String)
        ranges = [narrowed.where(mine, _c.status.in_(wanted)).order_by(*latest)]
    else:
        order = latest
        if whose == "assigned":
            narrowed = narrowed.where(_c.assignee_id == bindparam("whose", type_=String))
        elif whose == "unassigned":
            narrowed = narrowed.where(_c.assignee_id.is_(None))
            # PostgreSQL does not recognise that they are all equal, and would sort them.
            order = (_c.assignee_id.desc(), *latest)
        ranges = [narrowed.where(_c.status == status).order_by(*order) for status in wanted]
    found = union_all(*(select(one.subquery()) for one in ranges)).subquery()
    page = (
        select(found)
        .order_by(found.c.last_activity_at.desc(), found.c.conversation_id.desc())
        .limit(limit)
        .subquery()
    )
    # The names are joined last, only for the rows of the page. A join need not keep the order.
    return _with_names(page).order_by(page.c.last_activity_at.desc(), page.c.conversation_id.desc())


@cache
def page_query(whose: _Whose, statuses: int) -> Query:
    """The query of a list in so many statuses: ``org_id``, ``whose`` where it narrows,
    ``status_0`` …, ``at`` and ``id`` of the last row before, ``count``."""
    return Query(partial(_page, whose, statuses))


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

    Args:
        assignee_id: An agent's id, None for unassigned ones, :data:`ANYONE` for no condition. A
            visitor's list holds all their conversations.
        before: Activity time and id of the last row of the previous page.
    """
    whose: _Whose = "all"
    if not scope.is_agent:
        whose, assignee_id = "own", scope.principal.id
    elif assignee_id is None:
        whose = "unassigned"
    elif assignee_id is not ANYONE:
        whose = "assigned"
    at, conversation_id = before or _NEWEST
    rows = await session.fetch(
        page_query(whose, len(statuses)),
        org_id=scope.organization,
        whose=assignee_id,
        at=at,
        id=conversation_id,
        count=limit,
        **{f"status_{number}": status.value for number, status in enumerate(statuses)},
    )
    return [conversation_of(scope.organization, row) for row in rows]


def _due_snoozes(_: Engine) -> ClauseElement:
    return (
        select(_c.org_id, _c.conversation_id)
        .where(
            _c.status == Status.SNOOZED.value,
            _c.snoozed_until <= bindparam("now", type_=_c.snoozed_until.type),
        )
        .order_by(_c.snoozed_until)
        .limit(bindparam("count", type_=Integer))
    )


def _open_assigned(_: Engine) -> ClauseElement:
    return (
        select(_c.conversation_id)
        .where(
            _c.org_id == bindparam("org_id"),
            _c.status == Status.OPEN.value,
            _c.assignee_id == bindparam("agent_id"),
        )
        .order_by(_c.last_activity_at.desc())
        .limit(MOST_TOLD)
    )


DUE_SNOOZES = Query(_due_snoozes)
OPEN_ASSIGNED = Query(_open_assigned)


async def due_snoozes(session: Session, now: int, limit: int) -> list[tuple[str, str]]:
    """Organisation and id of conversations whose snooze has ended. Not for callers."""
    rows = await session.fetch(DUE_SNOOZES, now=now, count=limit)
    return [(organization, conversation_id) for organization, conversation_id in rows]


async def open_assigned_to(session: Session, organization: str, agent_id: str) -> list[str]:
    """Ids of an agent's open conversations, whose visitors are told of their availability."""
    rows = await session.fetch(OPEN_ASSIGNED, org_id=organization, agent_id=agent_id)
    return [conversation_id for (conversation_id,) in rows]
