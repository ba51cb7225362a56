"""Finding conversations by a few letters: by who wrote, by the subject, by the id, by the number.

It reads the names of all contacts and all subjects of an organisation, without an index; what
messages say is not looked at.
"""

from __future__ import annotations

from functools import cache, partial

from sqlalchemy import BigInteger, Integer, String, and_, bindparam, or_, select, union
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

from campfire_chat.access.actor import Actor
from campfire_chat.access.visibility import is_narrowed, values_for, visible_to
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import Query
from campfire_chat.features.contacts import tables as contact_tables
from campfire_chat.features.conversations import numbers, tables
from campfire_chat.features.conversations.codec import CONVERSATION_ROWS
from campfire_chat.features.conversations.rules import Conversation

_c = tables.conversations.c
_n = tables.conversation_numbers.c
_p = contact_tables.contacts.c

#: Later than every id that begins like this one.
_LAST = "\U0010ffff"


def _search(spellings: int, narrowed: bool, engine: Engine) -> ClauseElement:
    patterns = [bindparam(f"pattern_{number}", type_=String) for number in range(spellings)]

    def holds(column: ColumnElement[str | None]) -> ColumnElement[bool]:
        # SQLite's LIKE folds the case of ASCII letters by itself; other letters are spelt out.
        like = column.like if engine.name == "sqlite" else column.ilike
        return or_(*(like(pattern, escape="\\") for pattern in patterns))

    here = _c.org_id == bindparam("org_id")
    if narrowed:
        here = and_(here, visible_to(engine, _c.access_labels))
    contacts = select(_p.contact_id).where(
        _p.org_id == bindparam("org_id"),
        # Whoever has no name is shown by the end of the id.
        or_(holds(_p.name), holds(_p.email), _p.contact_id.like(bindparam("ending"), escape="\\")),
    )
    number = bindparam("number", type_=BigInteger)
    begins = bindparam("begins", type_=String), bindparam("before", type_=String)
    ways = (
        _c.contact_id.in_(contacts),
        and_(_c.subject.is_not(None), holds(_c.subject)),
        and_(_c.conversation_id >= begins[0], _c.conversation_id < begins[1]),
        _c.conversation_id.in_(
            select(_n.conversation_id).where(_n.org_id == bindparam("org_id"), _n.number == number)
        ),
    )
    limit = bindparam("count", type_=Integer)
    latest = (_c.last_activity_at.desc(), _c.conversation_id.desc())
    found = union(
        *(
            select(
                select(_c.conversation_id)
                .where(here, way)
                .order_by(*latest)
                .limit(limit)
                .subquery()
            )
            for way in ways
        )
    )
    return (
        CONVERSATION_ROWS.select()
        .where(here, _c.conversation_id.in_(found))
        # Who types the number means this one.
        .order_by((_c.number == number).desc(), *latest)
        .limit(limit)
    )


@cache
def search_query(spellings: int, *, narrowed: bool = False) -> Query:
    """``org_id``, ``pattern_0`` …, ``ending``, ``begins``, ``before``, ``number``,
    ``count``; and the agent's ``labels`` if the host app narrows what they see."""
    return Query(partial(_search, spellings, narrowed))


async def find(session: Session, actor: Actor, text: str, limit: int) -> list[Conversation]:
    """Conversations whose contact or subject has ``text`` in it, or whose id begins with it, or
    that have it as their number: that one first.

    For those who may see the inbox. The latest activity first. Upper and lower case are the same,
    accents are not.
    """
    spellings = [text] if text.isascii() else [text.lower(), text.upper(), text.title()]
    rows = await session.fetch(
        search_query(len(spellings), narrowed=is_narrowed(actor)),
        org_id=actor.organization,
        **{f"pattern_{number}": f"%{_literal(item)}%" for number, item in enumerate(spellings)},
        ending=f"%{_literal(text)}",
        begins=text,
        before=text + _LAST,
        # No conversation has the number 0.
        number=numbers.quoted(text) or 0,
        count=limit,
        **values_for(session.engine, actor),
    )
    return [CONVERSATION_ROWS.read(row) for row in rows]


def _literal(text: str) -> str:
    """As a part of a LIKE pattern that stands for itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
