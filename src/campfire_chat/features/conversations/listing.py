"""Lists of conversations: what they hold, in which order, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import (
    Integer,
    String,
    bindparam,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

from campfire_chat.access.actor import Actor
from campfire_chat.access.visibility import is_narrowed, values_for, visible_to
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import Query
from campfire_chat.features.conversations import tables
from campfire_chat.features.conversations.codec import CONVERSATION_ROWS
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.rules import MOST_COUNTED, Conversation
from campfire_chat.features.tags import queries as tag_queries
from campfire_chat.features.tags.rules import same_name
from campfire_chat.features.tags.tables import conversation_tags

_c, _l = tables.conversations.c, conversation_tags.c

#: Which assignee a list is narrowed to: an agent's id, nobody, or anyone.
ANYONE = object()

#: ``latest``: the latest activity first. ``longest_waiting``: only conversations in which a visitor
#: waits for an answer, the one who waits longest first.
Order = Literal["latest", "longest_waiting"]

#: Where the last row of a page stands: the time that the list is sorted by, and the id.
Place = tuple[int, str]

#: Where the first page of a list begins.
_BEGINNING: dict[Order, Place] = {"latest": (2**62, ""), "longest_waiting": (-1, "")}

#: How many conversations have a tag: at most :data:`FEW`, or more.
Tagged = Literal["few", "many"]
FEW = 1_000

#: Whose conversations a list holds: an organisation's, an agent's, nobody's, or a visitor's own.
_Whose = Literal["all", "assigned", "unassigned", "own"]


def _page(
    whose: _Whose,
    statuses: int,
    order: Order,
    narrowed: bool,
    tagged: Tagged | None,
    of_team: bool,
    engine: Engine,
) -> ClauseElement:
    """A page of a list of conversations in any of so many statuses.

    Each status is one range of an index, cut off at the limit before the ranges are merged, so
    that the page costs the same however much there is. A visitor's own are few.

    With a tag that few conversations have, these are read and sorted. With one that many have, the
    ranges are gone through as without a tag, until enough of them have it.
    """
    waiting = order == "longest_waiting"
    time = _c.waiting_since if waiting else _c.last_activity_at
    at, conversation_id = bindparam("at", type_=time.type), bindparam("id", type_=String)
    limit = bindparam("count", type_=Integer)
    wanted = [bindparam(f"status_{number}", type_=String) for number in range(statuses)]

    def sorted_by(at: ColumnElement[Any], id: ColumnElement[Any]) -> list[ColumnElement[Any]]:
        return [at.asc(), id.asc()] if waiting else [at.desc(), id.desc()]

    one = select(tables.conversations).where(_c.org_id == bindparam("org_id"))
    if narrowed:
        one = one.where(visible_to(engine, _c.access_labels))
    in_status: ColumnElement[str] = _c.status
    if tagged is not None:
        with_it = select(_l.conversation_id).where(
            _l.org_id == bindparam("org_id"), _l.tag_id == bindparam("tag_id", type_=String)
        )
        if tagged == "few":
            one = one.where(_c.conversation_id.in_(with_it))
            # An expression that no index has: the few are found by their ids, and then sorted.
            in_status = _c.status.concat(literal_column("''"))
        else:
            one = one.where(with_it.where(_l.conversation_id == _c.conversation_id).exists())
    if of_team:
        one = one.where(_c.team_id == bindparam("team_id", type_=String))
    if waiting:
        one = one.where(
            # Said in so many words, so that PostgreSQL takes the partial index.
            _c.waiting_since.is_not(None),
            time >= at,
            or_(time > at, _c.conversation_id > conversation_id),
        )
    else:
        one = one.where(time <= at, or_(time < at, _c.conversation_id < conversation_id))
    one = one.limit(limit)
    inner = sorted_by(time, _c.conversation_id)
    if whose == "own":
        mine = _c.contact_id == bindparam("whose", type_=String)
        ranges = [one.where(mine, in_status.in_(wanted)).order_by(*inner)]
    else:
        if whose == "assigned":
            one = one.where(_c.assignee_id == bindparam("whose", type_=String))
        elif whose == "unassigned":
            one = one.where(_c.assignee_id.is_(None))
            if not of_team:
                # PostgreSQL does not see that they are all the same, and would sort them.
                first = _c.assignee_id.asc() if waiting else _c.assignee_id.desc()
                inner = [first, *inner]
        ranges = [one.where(in_status == status).order_by(*inner) for status in wanted]
    found = union_all(*(select(each.subquery()) for each in ranges)).subquery()
    outer = found.c.waiting_since if waiting else found.c.last_activity_at
    page = (
        select(found).order_by(*sorted_by(outer, found.c.conversation_id)).limit(limit).subquery()
    )
    outer = page.c.waiting_since if waiting else page.c.last_activity_at
    # The names last, for the rows of the page alone; joining need not keep the order.
    return CONVERSATION_ROWS.select(page).order_by(*sorted_by(outer, page.c.conversation_id))


@cache
def page_query(
    whose: _Whose,
    statuses: int,
    order: Order,
    *,
    narrowed: bool = False,
    tagged: Tagged | None = None,
    of_team: bool = False,
) -> Query:
    """The query of a list in so many statuses: ``org_id``, ``whose`` where it narrows,
    ``status_0`` …, ``at`` and ``id`` of the last row before, ``count``; the agent's ``labels``
    if the host app narrows what they see; ``tag_id`` for those with a tag that few or many
    conversations have; and ``team_id`` for those of one team."""
    return Query(partial(_page, whose, statuses, order, narrowed, tagged, of_team))


async def read_page(
    session: Session,
    actor: Actor,
    *,
    statuses: Sequence[Status],
    assignee_id: str | object | None,
    tag: str | None = None,
    team_id: str | None,
    order: Order,
    before: Place | None,
    limit: int,
) -> tuple[list[Conversation], Place | None]:
    """A page of conversations, and where the next one begins.

    Args:
        assignee_id: An agent's id, None for nobody, :data:`ANYONE` for no condition; a visitor's
            list is their own, whoever is assigned.
        tag: The name of a tag that they all have.
        team_id: A team's id; None for no condition.
        before: Where the last row of the page before stands.
    """
    whose: _Whose = "all"
    if actor.is_visitor:
        whose, assignee_id = "own", actor.principal.id
    elif assignee_id is None:
        whose = "unassigned"
    elif assignee_id is not ANYONE:
        whose = "assigned"
    tag_id: str | None = None
    tagged: Tagged | None = None
    if tag is not None:
        found, _ = await tag_queries.resolve(session, actor.organization, [tag])
        there = found.get(same_name(tag))
        if there is None or there.id is None:
            return [], None
        tag_id = there.id
        some = await tag_queries.used_by(session, actor.organization, tag_id, "", FEW + 1)
        tagged = "few" if len(some) <= FEW else "many"
    at, conversation_id = before or _BEGINNING[order]
    rows = await session.fetch(
        page_query(
            *(whose, len(statuses), order),
            narrowed=is_narrowed(actor),
            tagged=tagged,
            of_team=team_id is not None,
        ),
        org_id=actor.organization,
        tag_id=tag_id,
        whose=assignee_id,
        team_id=team_id,
        at=at,
        id=conversation_id,
        count=limit + 1,
        **values_for(session.engine, actor),
        **{f"status_{number}": status.value for number, status in enumerate(statuses)},
    )
    page = [CONVERSATION_ROWS.read(row) for row in rows[:limit]]
    if len(rows) <= limit:
        return page, None
    last = page[-1]
    time = last.waiting_since if order == "longest_waiting" else last.last_activity_at
    return page, (time or 0, last.id)


class Tally(Struct, frozen=True):
    """How many open conversations there are; 10,000 stands for that many or more.

    Attributes:
        waiting: Those of them in which a visitor waits for an answer.
    """

    open: int
    waiting: int


class Tallies(Struct, frozen=True):
    """The sizes of an agent's lists of open conversations."""

    mine: Tally
    unassigned: Tally
    all: Tally


def _counts(narrowed: bool, of_team: bool, engine: Engine) -> ClauseElement:
    seen = [visible_to(engine, _c.access_labels)] if narrowed else []
    if of_team:
        seen.append(_c.team_id == bindparam("team_id", type_=String))
    mine, nobodys = _c.assignee_id == bindparam("agent_id", type_=String), _c.assignee_id.is_(None)
    numbers = [
        select(func.count())
        .select_from(
            select(literal(1))
            .select_from(tables.conversations)
            .where(
                _c.org_id == bindparam("org_id"),
                _c.status == Status.OPEN.value,
                *whose,
                *waiting,
                *seen,
            )
            .limit(MOST_COUNTED)
            .subquery()
        )
        .scalar_subquery()
        for whose in ([mine], [nobodys], [])
        for waiting in ([], [_c.waiting_since.is_not(None)])
    ]
    return select(*(number.label(f"n{index}") for index, number in enumerate(numbers)))


@cache
def counts_query(*, narrowed: bool, of_team: bool) -> Query:
    """The query of the sizes: ``org_id``, ``agent_id``; the agent's ``labels`` if the host app
    narrows what they see; and ``team_id``, if it is of one team."""
    return Query(partial(_counts, narrowed, of_team))


async def read_counts(session: Session, actor: Actor, team_id: str | None) -> Tallies:
    """The sizes of the lists of an agent who may see the inbox.

    Args:
        team_id: Only conversations of this team; None for no condition.
    """
    rows = await session.fetch(
        counts_query(narrowed=is_narrowed(actor), of_team=team_id is not None),
        org_id=actor.organization,
        agent_id=actor.principal.id,
        team_id=team_id,
        **values_for(session.engine, actor),
    )
    mine, mine_waiting, nobodys, nobodys_waiting, everybodys, all_waiting = rows[0]
    return Tallies(
        mine=Tally(mine, mine_waiting),
        unassigned=Tally(nobodys, nobodys_waiting),
        all=Tally(everybodys, all_waiting),
    )
