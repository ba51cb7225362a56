"""Reading tags, and which conversations have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from msgspec import Struct
from sqlalchemy import Integer, String, bindparam, func, literal, select, tuple_
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.access.actor import Actor
from campfire_chat.access.visibility import is_narrowed, values_for, visible_to
from campfire_chat.core.errors import NotFoundError
from campfire_chat.core.projection import projection
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import Query
from campfire_chat.features.conversations.rules import MOST_COUNTED
from campfire_chat.features.conversations.tables import conversations
from campfire_chat.features.tags.codec import TAG_ROWS
from campfire_chat.features.tags.records import ListedTag, TagRecord
from campfire_chat.features.tags.rules import same_name
from campfire_chat.features.tags.tables import conversation_tags, former_tag_names, tags

_t, _f, _l, _c = tags.c, former_tag_names.c, conversation_tags.c, conversations.c

#: Where a page of the list ends: a folded name, and the id of the tag.
Place = tuple[str, str]

MISSING = "There is no such tag."

_listed = projection(TagRecord, ListedTag, added=("conversations",))


class Named(Struct, frozen=True):
    """A tag that a name stands for.

    Attributes:
        id: The tag; None if it was deleted, and conversations may still say its name.
        name: Its present name.
    """

    id: str | None
    name: str


def _named(engine: Engine) -> ClauseElement:
    return select(_t.folded, _t.tag_id, _t.name).where(engine.among(_t.org_id, _t.folded, "names"))


def _once_named(engine: Engine) -> ClauseElement:
    there = (_t.org_id == _f.org_id) & (_t.tag_id == _f.tag_id)
    return (
        select(_f.folded, _f.tag_id, _t.name)
        .select_from(former_tag_names.outerjoin(tags, there))
        .where(engine.among(_f.org_id, _f.folded, "names"))
    )


def _count(engine: Engine) -> ClauseElement:
    return select(func.count()).select_from(tags).where(_t.org_id == bindparam("org_id"))


def _of_conversations(engine: Engine) -> ClauseElement:
    return select(_l.conversation_id, _l.tag_id).where(
        engine.among(_l.org_id, _l.conversation_id, "ids")
    )


#: Tags by their folded names, and by those that they had before.
NAMED = Query(_named)
ONCE_NAMED = Query(_once_named)
#: How many tags an organisation has.
COUNT = Query(_count)
#: The tags of conversations.
OF_CONVERSATIONS = Query(_of_conversations)


async def resolve(
    session: Session, organization: str, names: Iterable[str], of: Sequence[str] = ()
) -> tuple[dict[str, Named], dict[str, set[str]]]:
    """The tags that these names stand for, by folded name, and the ids of the tags that these
    conversations have. One visit to the database.

    Args:
        of: Ids of conversations.
    """
    engine = session.engine
    given = {
        "org_id": organization,
        "names": engine.list_value(sorted({same_name(name) for name in names})),
        "ids": engine.list_value(of),
    }
    present, former, linked = await session.fetch_all(
        *(query.prepare(engine, given) for query in (NAMED, ONCE_NAMED, OF_CONVERSATIONS))
    )
    found = {key: Named(tag_id, name or "") for key, tag_id, name in former}
    found |= {key: Named(tag_id, name) for key, tag_id, name in present}
    links: dict[str, set[str]] = {item: set() for item in of}
    for conversation_id, tag_id in linked:
        links[conversation_id].add(tag_id)
    return found, links


async def get(session: Session, organization: str, tag_id: str) -> TagRecord:
    """
    Raises:
        NotFoundError: There is none.
    """
    wanted = TAG_ROWS.select().where(_t.org_id == organization, _t.tag_id == tag_id)
    for row in await session.all(wanted):
        return TAG_ROWS.read(tuple(row.values()))
    raise NotFoundError(MISSING)


async def count(session: Session, organization: str) -> int:
    """How many tags there are."""
    [(found,)] = await session.fetch(COUNT, org_id=organization)
    return found


def _page(narrowed: bool, engine: Engine) -> ClauseElement:
    organization = bindparam("org_id", type_=String)
    tag_id = bindparam("tag_id", type_=String)
    place = tuple_(bindparam("folded", type_=String), tag_id)
    found = (
        select(tags)
        .where(
            _t.org_id == organization,
            _t.folded.like(bindparam("pattern", type_=String), escape="\\"),
            tuple_(_t.folded, _t.tag_id) > place,
        )
        .order_by(_t.folded, _t.tag_id)
        .limit(bindparam("count", type_=Integer))
        .subquery()
    )
    those = select(literal(1)).select_from(conversation_tags)
    if narrowed:
        there = (_c.org_id == _l.org_id) & (_c.conversation_id == _l.conversation_id)
        those = (
            select(literal(1))
            .select_from(conversation_tags.join(conversations, there))
            .where(visible_to(engine, _c.access_labels))
        )
    counted = (
        those.where(_l.org_id == organization, _l.tag_id == found.c.tag_id)
        .limit(MOST_COUNTED)
        .correlate(found)
        .subquery()
    )
    used = select(func.count()).select_from(counted).scalar_subquery()
    return (
        TAG_ROWS.select(found)
        .add_columns(found.c.folded, used)
        .order_by(found.c.folded, found.c.tag_id)
    )


#: A page of the list: tags whose names are like ``pattern``, after ``folded`` and ``tag_id``, at
#: most ``count`` of them, each with the number of conversations that have it, at most
#: :data:`MOST_COUNTED`.
PAGE = Query(partial(_page, False))
#: The same for an agent with ``labels``: of the conversations that they see.
NARROWED_PAGE = Query(partial(_page, True))


async def page(
    session: Session, actor: Actor, search: str, after: Place | None, limit: int
) -> list[tuple[str, ListedTag]]:
    """Tags whose folded names contain a text, in the order of these, each with its folded name and
    the number of conversations that have it and that the caller may see. Counting ends at
    :data:`MOST_COUNTED`."""
    for special in "\\%_":
        search = search.replace(special, f"\\{special}")
    folded_name, tag_id = after or ("", "")
    rows = await session.fetch(
        NARROWED_PAGE if is_narrowed(actor) else PAGE,
        org_id=actor.organization,
        pattern=f"%{search}%",
        folded=folded_name,
        tag_id=tag_id,
        count=limit,
        **values_for(session.engine, actor),
    )
    listed: list[tuple[str, ListedTag]] = []
    for row in rows:
        *columns, key, used = row
        listed.append((key, _listed(TAG_ROWS.read(columns), conversations=used)))
    return listed


async def used_by(
    session: Session, organization: str, tag_id: str, after: str, limit: int
) -> list[str]:
    """Ids of conversations that have a tag, in order, after one of them."""
    rows = await session.all(
        select(_l.conversation_id)
        .where(_l.org_id == organization, _l.tag_id == tag_id, _l.conversation_id > after)
        .order_by(_l.conversation_id)
        .limit(limit)
    )
    return [row["conversation_id"] for row in rows]
