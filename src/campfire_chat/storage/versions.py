"""The earlier texts of a message: kept apart from the events, for agents alone.

Whoever edits a message replaces what it said. The events that visitors are sent again then say
the new text, from the first one on; the old text moves here.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import BigInteger, Integer, bindparam, delete, func, insert, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat import clock, events
from campfire_chat.domain import text
from campfire_chat.domain.principal import Scope
from campfire_chat.errors import InvalidError
from campfire_chat.models import Message, MessageVersion
from campfire_chat.storage import messages, tables
from campfire_chat.storage.dialects import Engine
from campfire_chat.storage.lanes import Session
from campfire_chat.storage.statement import BulkInsert, Query

#: Times that a message may be edited. Each edit rewrites the events of all earlier ones, while
#: every other writer waits.
MOST_EDITS = 100

_v = tables.message_versions.c
_e = tables.events.c


def _page(_: Engine) -> ClauseElement:
    return (
        select(_v.number, _v.at, _v.body)
        .where(
            _v.org_id == bindparam("org_id"),
            _v.message_id == bindparam("message_id"),
            # A cursor may be made up, and its number too large for the column.
            _v.number > bindparam("after", type_=BigInteger),
        )
        .order_by(_v.number)
        .limit(bindparam("count", type_=Integer))
    )


def _with_text(_: Engine) -> ClauseElement:
    return select(tables.events).where(
        _e.org_id == bindparam("org_id"), _e.message_id == bindparam("message_id")
    )


PAGE = Query(_page)
#: Every event that holds a text of a message.
WITH_TEXT = Query(_with_text)
REWRITE_EVENTS = BulkInsert(
    tables.events, keys=("org_id", "stream", "seq"), keep=("event", "at", "message_id")
)


async def page(
    session: Session, scope: Scope, message_id: str, after: int, limit: int
) -> tuple[list[MessageVersion], int | None]:
    """Earlier texts after the one with that number, the oldest first, and where the next page
    begins.

    Raises:
        ForbiddenError: The caller is not an agent.
        NotFoundError: No such message.
    """
    scope.require_agent()
    await messages.get(session, scope, message_id)
    rows = await session.fetch(
        PAGE, org_id=scope.organization, message_id=message_id, after=after, count=limit + 1
    )
    found = [
        MessageVersion(number=number, at=clock.rfc3339(at), body=body) for number, at, body in rows
    ]
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


async def drop(session: Session, organization: str, message_id: str) -> None:
    """Delete every earlier text of a message."""
    await session.execute(
        delete(tables.message_versions).where(
            _v.org_id == organization, _v.message_id == message_id
        )
    )


async def rewrite_events(session: Session, organization: str, message: Message) -> None:
    """Have every event that holds a text of the message say what it says now, in its own stream
    and in the inbox.

    The one exception to "append only": whoever edits or deletes a message means it, and a replay
    must not bring the old text back. Seqs, times and types stay.
    """
    rows = await session.fetch(WITH_TEXT, org_id=organization, message_id=message.id)
    await session.write(
        REWRITE_EVENTS,
        [
            (*key, event, at, message_id, said_anew(payload, event, message))
            for *key, event, at, message_id, payload in rows
        ],
    )


def said_anew(payload: str, event: str, message: Message) -> str:
    """An event's wire text as if the message had always been what it is now."""
    frame = msgspec.json.decode(payload)
    if event == events.CONVERSATION_UPDATED:
        frame["data"]["last_message"]["text"] = text.preview(message.body)
    else:
        frame["data"] = message
    return msgspec.json.encode(frame).decode()
