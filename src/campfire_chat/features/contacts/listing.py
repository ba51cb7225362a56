"""Lists of contacts: searched, filtered and sorted, at the same cost however many there are.

What few contacts have (a word that begins with these letters) is found by an index, and those are
read and sorted. What many have is looked for along the list in its order, a stretch at a time. A
page may so hold fewer contacts than were asked for, and yet not be the last one.

Where a page ends is told to the caller, who can also make places up. So for an agent who sees only
some contacts a stretch is made of those alone: neither a place nor whether there is a next page
depends on a contact that they do not see.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Boolean,
    FromClause,
    Integer,
    String,
    bindparam,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

from campfire_chat.access.actor import Actor
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import Query
from campfire_chat.features.contacts import tables
from campfire_chat.features.contacts.codec import CONTACT_RECORD_ROWS
from campfire_chat.features.contacts.queries import Sight, shown_in, sight_of, values_of
from campfire_chat.features.contacts.records import ContactRecord
from campfire_chat.features.contacts.rules import LAST, Order
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.tables import conversations

_c, _w, _v = tables.contacts.c, tables.contact_words.c, conversations.c
_a = tables.contact_values.c

#: How often a word may be there and still count as rare: as many contacts as take about 25 ms to
#: read and sort. A first name that one of 200 people has is that rare among a million.
FEW: Final = 10_000
#: Words that are tried, the longest first: of more, hardly one is rarer, and each attempt costs
#: ``FEW`` rows of the index.
MOST_TRIED: Final = 2
#: Contacts that are looked through at a time, and stretches that one page takes at most.
STRETCH: Final = 1_000
MOST_STRETCHES: Final = 4

#: Where a page ends: by what the list is sorted there, and the id.
Place = tuple[str | int, str]
_BEGINNING: Final[dict[Order, Place]] = {
    "last_seen": (2**62, LAST),
    "name": ("", ""),
    "created": (2**62, LAST),
}
_BY: Final[dict[Order, str]] = {
    "last_seen": "last_seen_at",
    "name": "sort_name",
    "created": "created_at",
}


class Span(Struct, frozen=True):
    """The value of an attribute lies between two, which count, as
    :func:`campfire_chat.core.attributes.sortable` writes them."""

    attribute: str
    first: str
    last: str


class Filter(Struct, frozen=True, kw_only=True):
    """Which contacts a list holds. None: no condition.

    Attributes:
        words: Each begins a word of the contact; see
            :func:`campfire_chat.features.contacts.rules.sought`.
        verified: Whether the host app confirmed who they are.
        blocked: Whether they are blocked.
        seen_since: In microseconds: they were here since then.
        created_since: In microseconds: they were stored since then.
        values: What the values of attributes have to be, all of them.
    """

    words: tuple[str, ...] = ()
    values: tuple[Span, ...] = ()
    verified: bool | None = None
    blocked: bool | None = None
    seen_since: int | None = None
    created_since: int | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """The names of the conditions besides the words."""
        names = ("verified", "blocked", "seen_since", "created_since")
        return tuple(name for name in names if getattr(self, name) is not None)


class Shape(Struct, frozen=True):
    """What decides how a list is asked for.

    Attributes:
        few: Whether the contacts are among ``ids``; otherwise all of a stretch are looked through.
        words: How many words they have to have.
        values: Of how many attributes the values are given.
        given: The names of the other conditions.
    """

    order: Order
    few: bool
    words: int
    values: int
    given: tuple[str, ...]
    sight: Sight

    @property
    def is_filtered(self) -> bool:
        return bool(self.words or self.values or self.given)


def _sorting(order: Order, columns: Any) -> list[ColumnElement[Any]]:
    by = columns[_BY[order]]
    if order == "name":
        return [by.asc(), columns.contact_id.asc()]
    return [by.desc(), columns.contact_id.desc()]


def _beyond(order: Order) -> ColumnElement[bool]:
    place = tuple_(
        bindparam("at", type_=_c[_BY[order]].type), bindparam("id", type_=_c.contact_id.type)
    )
    here = tuple_(_c[_BY[order]], _c.contact_id)
    return here > place if order == "name" else here < place


def _conditions(shape: Shape, of: FromClause, engine: Engine) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        of.c.words.like(bindparam(f"word_{number}", type_=String), escape="\\")
        for number in range(shape.words)
    ]
    for number in range(shape.values):
        # By the key of the table. As a value and not as EXISTS, which PostgreSQL would begin with:
        # it would read all contacts that have the value, however many there are.
        value = (
            select(_a.value)
            .where(
                _a.org_id == bindparam("org_id"),
                _a.contact_id == of.c.contact_id,
                _a.attribute == bindparam(f"attribute_{number}", type_=String),
            )
            .correlate(of)
            .scalar_subquery()
        )
        found.append(value >= bindparam(f"first_{number}", type_=_a.value.type))
        found.append(value <= bindparam(f"last_{number}", type_=_a.value.type))
    if "verified" in shape.given:
        found.append(of.c.verified == bindparam("verified", type_=Boolean))
    if "blocked" in shape.given:
        found.append(of.c.blocked == bindparam("blocked", type_=Boolean))
    if "seen_since" in shape.given:
        found.append(of.c.last_seen_at >= bindparam("seen_since", type_=BigInteger))
    if "created_since" in shape.given:
        found.append(of.c.created_at >= bindparam("created_since", type_=BigInteger))
    return found


def _page(shape: Shape, engine: Engine) -> ClauseElement:
    order = shape.order
    limit = bindparam("count", type_=Integer)
    of: FromClause = tables.contacts
    here = _c.org_id == bindparam("org_id")
    if shape.few:
        here = engine.among(_c.org_id, _c.contact_id, "ids")
    if shape.is_filtered and not shape.few:
        seen = shown_in(shape.sight, engine)
        stretch = select(of).where(here, _beyond(order), *seen).order_by(*_sorting(order, _c))
        of = stretch.limit(bindparam("stretch", type_=Integer)).subquery()
        page = CONTACT_RECORD_ROWS.select(of)
    else:
        page = CONTACT_RECORD_ROWS.select().where(
            here, _beyond(order), *shown_in(shape.sight, engine)
        )
    return (
        page.add_columns(of.c[_BY[order]])
        .where(*_conditions(shape, of, engine))
        .order_by(*_sorting(order, of.c))
        .limit(limit)
    )


@cache
def page_query(shape: Shape) -> Query:
    """The query of a list: ``org_id``; ``at`` and ``id`` of the place that it begins after;
    ``count``; ``ids`` or else ``stretch``; ``word_0`` …, as patterns; ``attribute_0``, ``first_0``
    and ``last_0`` …; the other conditions by their names; and those of
    :func:`campfire_chat.features.contacts.queries.shown_in`."""
    return Query(partial(_page, shape))


def _end(order: Order, sight: Sight, engine: Engine) -> ClauseElement:
    return (
        select(_c[_BY[order]], _c.contact_id)
        .where(_c.org_id == bindparam("org_id"), _beyond(order), *shown_in(sight, engine))
        .order_by(*_sorting(order, _c))
        .offset(bindparam("skipped", type_=Integer))
        .limit(literal_column("1"))
    )


@cache
def stretch_end(order: Order, sight: Sight) -> Query:
    """The end of a stretch of the contacts that somebody sees, which begins after ``at`` and
    ``id``: the contact behind ``skipped`` others."""
    return Query(partial(_end, order, sight))


def _with_word(_: Engine) -> ClauseElement:
    return (
        select(_w.contact_id)
        .where(
            _w.org_id == bindparam("org_id"),
            _w.word >= bindparam("first", type_=_w.word.type),
            _w.word < bindparam("last", type_=_w.word.type),
        )
        .offset(bindparam("skipped", type_=Integer))
        .limit(bindparam("count", type_=Integer))
    )


#: Ids of ``count`` contacts, behind ``skipped`` others, that have a word from ``first`` up to
#: before ``last``.
WITH_WORD = Query(_with_word)


def _with_value(_: Engine) -> ClauseElement:
    return (
        select(_a.contact_id)
        .where(
            _a.org_id == bindparam("org_id"),
            _a.attribute == bindparam("attribute", type_=String),
            _a.value >= bindparam("first", type_=_a.value.type),
            _a.value <= bindparam("last", type_=_a.value.type),
        )
        .offset(bindparam("skipped", type_=Integer))
        .limit(bindparam("count", type_=Integer))
    )


#: Ids of ``count`` contacts, behind ``skipped`` others, whose value of ``attribute`` lies from
#: ``first`` to ``last``.
WITH_VALUE = Query(_with_value)


async def _few(session: Session, organization: str, wanted: Filter) -> list[str] | None:
    """The contacts with one of the longest words or one of the values, if few have it; None if
    many do."""
    for span in wanted.values[:MOST_TRIED]:
        having = {
            "org_id": organization,
            "attribute": span.attribute,
            "first": span.first,
            "last": span.last,
        }
        if not await session.fetch(WITH_VALUE, **having, skipped=FEW, count=1):
            rows = await session.fetch(WITH_VALUE, **having, skipped=0, count=FEW)
            return [row[0] for row in rows]
    words = wanted.words
    for word in sorted(words, key=len, reverse=True)[:MOST_TRIED]:
        having = {"org_id": organization, "first": word, "last": word + LAST}
        if not await session.fetch(WITH_WORD, **having, skipped=FEW, count=1):
            rows = await session.fetch(WITH_WORD, **having, skipped=0, count=FEW)
            return list(dict.fromkeys(row[0] for row in rows))
    return None


def _own(_: Engine) -> ClauseElement:
    return (
        select(_v.contact_id)
        .where(
            _v.org_id == bindparam("org_id"),
            # All of them: the index begins with the status.
            _v.status.in_([literal_column(f"'{status.value}'") for status in Status]),
            _v.assignee_id == bindparam("agent_id"),
        )
        .limit(bindparam("count", type_=Integer))
    )


#: Ids of the contacts of ``count`` conversations that are assigned to ``agent_id``.
OWN_CONTACTS = Query(_own)


async def _mine(session: Session, actor: Actor) -> dict[str, None] | None:
    """The contacts of the conversations that are assigned to the caller; None if those are many."""
    rows = await session.fetch(
        OWN_CONTACTS, org_id=actor.organization, agent_id=actor.principal.id, count=FEW + 1
    )
    return dict.fromkeys(row[0] for row in rows) if len(rows) <= FEW else None


async def read_page(
    session: Session,
    actor: Actor,
    wanted: Filter,
    *,
    order: Order,
    after: Place | None,
    limit: int,
) -> tuple[list[ContactRecord], Place | None]:
    """A page of the contacts that the caller sees, and where the next one begins.

    Args:
        after: Where the page before ended.
    """
    engine, organization = session.engine, actor.organization
    sight = sight_of(actor)
    few = await _few(session, organization, wanted)
    mine = await _mine(session, actor) if sight.owned else None
    if mine is not None:
        few = list(mine) if few is None else [item for item in few if item in mine]
    if few is not None and not few:
        return [], None
    shape = Shape(
        order=order,
        few=few is not None,
        words=len(wanted.words),
        values=len(wanted.values),
        given=wanted.given,
        sight=sight,
    )
    given: dict[str, Any] = {
        "org_id": organization,
        "ids": None if few is None else engine.list_value(few),
        "stretch": STRETCH,
        **values_of(engine, actor),
        **{f"word_{number}": _pattern(word) for number, word in enumerate(wanted.words)},
        **{name: getattr(wanted, name) for name in wanted.given},
    }
    for number, span in enumerate(wanted.values):
        given[f"attribute_{number}"] = span.attribute
        given[f"first_{number}"], given[f"last_{number}"] = span.first, span.last
    found: list[ContactRecord] = []
    start = after or _BEGINNING[order]
    last = start
    for _ in range(MOST_STRETCHES):
        rows = await session.fetch(
            page_query(shape),
            **given,
            at=start[0],
            id=start[1],
            count=limit + 1 - len(found),
        )
        for *columns, at in rows:
            if len(found) == limit:
                return found, last
            record = CONTACT_RECORD_ROWS.read(columns)
            found.append(record)
            last = (at, record.id)
        if few is not None or not shape.is_filtered:
            return found, None
        ends = await session.fetch(
            stretch_end(order, shape.sight),
            org_id=organization,
            at=start[0],
            id=start[1],
            skipped=STRETCH - 1,
            **values_of(engine, actor),
        )
        if not ends:
            return found, None
        start = (ends[0][0], ends[0][1])
    return found, start


def _pattern(word: str) -> str:
    """For LIKE: a word that begins with this one."""
    for special in "\\%_":
        word = word.replace(special, f"\\{special}")
    return f"% {word}%"
