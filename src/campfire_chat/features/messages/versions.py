"""The earlier texts of a message: kept apart from the events, which visitors are sent too.

Whoever edits a message replaces what it said. The events that visitors are sent again then say
the new text, from the first one on; the old text moves here.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, bindparam, delete, func, insert, select, update
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.access.actor import Actor
from campfire_chat.core import clock
from campfire_chat.core.errors import InvalidError
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import Query
from campfire_chat.features.messages import queries, tables
from campfire_chat.features.messages.codec import VERSION_ROWS
from campfire_chat.features.messages.records import Message, MessageVersion
from campfire_chat.features.messages.rules import check_left, redacted

#: Times that a message may be edited. Each edit rewrites the events of all earlier ones, while
#: every other writer waits.
MOST_EDITS = 100

_v = tables.message_versions.c


def _page(_: Engine) -> ClauseElement:
    return (
        VERSION_ROWS.select()
        .where(
            _v.org_id == bindparam("org_id"),
            _v.message_id == bindparam("message_id"),
            # A cursor may be made up, and its number too large for the column.
            _v.number > bindparam("after", type_=BigInteger),
        )
        .order_by(_v.number)
        .limit(bindparam("count", type_=Integer))
    )


PAGE = Query(_page)


async def page(
    session: Session, actor: Actor, message_id: str, after: int, limit: int
) -> tuple[list[MessageVersion], int | None]:
    """Earlier texts after the one with that number, the oldest first, and where the next page
    begins.

    Raises:
        NotFoundError: No such message, or not one that the caller may see.
    """
    await queries.get(session, actor, message_id)
    rows = await session.fetch(
        PAGE, org_id=actor.organization, message_id=message_id, after=after, count=limit + 1
    )
    found = [VERSION_ROWS.read(row) for row in rows]
    return found[:limit], found[limit - 1].number if len(found) > limit else None


async def keep(session: Session, organization: str, message: Message) -> None:
    """Keep the text that a message has, which is about to be replaced.

    Raises:
        InvalidError: The message was edited too often.
    """
    mine = (_v.org_id == organization) & (_v.message_id == message.id)
    row = await session.first(select(func.max(_v.number).label("number")).where(mine))
    last = 0 if row is None else row["number"] or 0
    if last >= MOST_EDITS:
        raise InvalidError(f"A message may be edited {MOST_EDITS} times.", field="body")
    await session.execute(
        insert(tables.message_versions).values(
            org_id=organization,
            message_id=message.id,
            number=last + 1,
            body=message.body,
            at=clock.parse_rfc3339(message.edited_at or message.at),
        )
    )


async def redact(
    session: Session, organization: str, message_id: str, removed: str | None, *, limit: int
) -> bool:
    """Remove a text from every earlier text of a message; whether it was in one.

    Raises:
        BodyTooLongError: One of them becomes longer than ``limit``.
    """
    mine = (_v.org_id == organization) & (_v.message_id == message_id)
    rows = await session.all(select(_v.number, _v.body).where(mine))
    changed = [
        (row["number"], left)
        for row in rows
        if (left := check_left(redacted(row["body"], removed), row["body"], limit=limit))
        != row["body"]
    ]
    for number, left in changed:
        await session.execute(
            update(tables.message_versions).where(mine, _v.number == number).values(body=left)
        )
    return bool(changed)


async def drop(session: Session, organization: str, message_id: str) -> None:
    """Delete every earlier text of a message."""
    await session.execute(
        delete(tables.message_versions).where(
            _v.org_id == organization, _v.message_id == message_id
        )
    )
