"""Queries for messages. Each takes an actor and returns only what the caller may see."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import Integer, bindparam, func, literal_column, select, union_all
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import can
from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.core.errors import NotFoundError
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import BulkInsert, Query
from campfire_chat.features.conversations import queries as conversation_queries
from campfire_chat.features.conversations import tables as conversation_tables
from campfire_chat.features.conversations.permissions import NOTES_READ
from campfire_chat.features.messages import tables
from campfire_chat.features.messages.codec import MESSAGE_ROWS
from campfire_chat.features.messages.records import Message, Visibility

_m = tables.messages.c

#: The position of sender and client id in the row of a message.
CLIENT_KEY = MESSAGE_ROWS.position("client_key")


def _by_client_key(engine: Engine) -> ClauseElement:
    return MESSAGE_ROWS.select().where(engine.among(_m.org_id, _m.client_key, "keys"))


def _by_id(engine: Engine) -> ClauseElement:
    return MESSAGE_ROWS.select().where(engine.among(_m.org_id, _m.message_id, "keys"))


def _count_between(_: Engine) -> ClauseElement:
    own_side = _m.sender_kind == SenderKind.VISITOR.value
    of_visitor = bindparam(
        "of_visitor", type_=conversation_tables.conversations.c.reopen_count.type
    )
    return (
        select(func.count())
        .select_from(tables.messages)
        .where(
            _m.org_id == bindparam("org_id"),
            _m.conversation_id == bindparam("conversation_id"),
            _m.visibility == Visibility.PUBLIC.value,
            _m.seq > bindparam("after"),
            _m.seq <= bindparam("through"),
            ((of_visitor == 1) & own_side) | ((of_visitor == 0) & ~own_side),
        )
    )


def _thread(visibilities: tuple[Visibility, ...], _: Engine) -> ClauseElement:
    """Public messages and notes are two ranges of the primary key, each cut at the limit."""
    ranges = [
        select(
            MESSAGE_ROWS.select()
            .where(
                _m.org_id == bindparam("org_id"),
                _m.conversation_id == bindparam("conversation_id"),
                _m.visibility == visibility.value,
                _m.seq < bindparam(f"before_{visibility.value}", type_=_m.seq.type),
            )
            .order_by(_m.seq.desc())
            .limit(bindparam("count", type_=Integer))
            .subquery()
        )
        for visibility in visibilities
    ]
    return ranges[0] if len(ranges) == 1 else union_all(*ranges)


def _since(_: Engine) -> ClauseElement:
    return (
        MESSAGE_ROWS.select()
        .where(
            _m.org_id == bindparam("org_id"),
            _m.conversation_id == bindparam("conversation_id"),
            _m.visibility == Visibility.PUBLIC.value,
            _m.seq > bindparam("seen", type_=_m.seq.type),
        )
        .order_by(_m.seq.desc())
        .limit(bindparam("count", type_=Integer))
    )


def _answer(_: Engine) -> ClauseElement:
    return (
        select(_m.seq)
        .where(
            _m.org_id == bindparam("org_id"),
            _m.conversation_id == bindparam("conversation_id"),
            _m.visibility == Visibility.PUBLIC.value,
            _m.seq > bindparam("seen", type_=_m.seq.type),
            _m.sender_kind == SenderKind.AGENT.value,
            _m.sender_id != bindparam("writer_id", type_=_m.sender_id.type),
            _m.deleted_at.is_(None),
        )
        .order_by(_m.seq.desc())
        .limit(literal_column("1"))
    )


INSERT_MESSAGES = BulkInsert(tables.messages)
#: Messages that were stored with one of these keys of sender and client id.
BY_CLIENT_KEY = Query(_by_client_key)
BY_ID = Query(_by_id)
#: Public messages of one side between two seqs.
COUNT_BETWEEN = Query(_count_between)
#: The newest public messages after a seq.
SINCE = Query(_since)
#: The newest answer after a seq of an agent other than ``writer_id`` that still says something.
ANSWER = Query(_answer)
#: The newest messages of a thread before two seqs, with notes and without.
WITH_NOTES = Query(partial(_thread, (Visibility.PUBLIC, Visibility.INTERNAL)))
PUBLIC_ALONE = Query(partial(_thread, (Visibility.PUBLIC,)))

#: A seq after every other.
_END = 2**53


class Bounds(Struct, frozen=True, array_like=True):
    """The end of a page of a thread: the next page has smaller seqs in both streams."""

    public: Annotated[int, Meta(ge=0, le=2**53)]
    internal: Annotated[int, Meta(ge=0, le=2**53)]


async def get(session: Session, actor: Actor, message_id: str) -> Message:
    """
    Raises:
        NotFoundError: No such message, or not one that the caller may see.
    """
    rows = await session.fetch(
        BY_ID, org_id=actor.organization, keys=session.engine.list_value([message_id])
    )
    if not rows:
        raise NotFoundError("There is no such message.")
    message = MESSAGE_ROWS.read(rows[0])
    if message.visibility is Visibility.INTERNAL and not can(actor, NOTES_READ):
        raise NotFoundError("There is no such message.")
    try:
        await conversation_queries.check(session, actor, message.conversation_id)
    except NotFoundError:
        raise NotFoundError("There is no such message.") from None
    return message


async def since(
    session: Session, organization: str, conversation_id: str, seen: int, limit: int
) -> list[Message]:
    """The newest public messages after a seq, the oldest first. The caller has to check permission
    first."""
    rows = await session.fetch(
        SINCE, org_id=organization, conversation_id=conversation_id, seen=seen, count=limit
    )
    return [MESSAGE_ROWS.read(row) for row in reversed(rows)]


async def is_answered(
    session: Session, organization: str, conversation_id: str, seen: int, writer: Participant
) -> bool:
    """Whether a colleague of a writer has answered after a seq.

    Only an agent is a colleague. What the visitor adds does not hold a reply, since it still waits
    for an answer, and a writer who is stopped for each line learns to send without looking. The
    same is true of what bots and programs say. A deleted answer says nothing any more. The writer's
    own messages, from another device or a moment ago, are known to them.

    It goes through the messages after ``seen``: the caller has to bound how many these may be.
    """
    rows = await session.fetch(
        ANSWER,
        org_id=organization,
        conversation_id=conversation_id,
        seen=seen,
        writer_id=writer.id,
    )
    return bool(rows)


async def page(
    session: Session, actor: Actor, conversation_id: str, before: Bounds | None, limit: int
) -> tuple[list[Message], Bounds | None]:
    """A page of a thread, newest first, and where the next one begins.

    Raises:
        NotFoundError: No such conversation, or not one that the caller may see.
    """
    await conversation_queries.check(session, actor, conversation_id)
    bounds = before or Bounds(public=_END, internal=_END)
    rows = await session.fetch(
        WITH_NOTES if can(actor, NOTES_READ) else PUBLIC_ALONE,
        org_id=actor.organization,
        conversation_id=conversation_id,
        before_public=bounds.public,
        before_internal=bounds.internal,
        count=limit + 1,
    )
    found = [MESSAGE_ROWS.read(row) for row in rows]
    found.sort(key=lambda message: message.at, reverse=True)
    shown = found[:limit]
    if len(found) <= limit:
        return shown, None
    return shown, Bounds(
        public=_oldest(shown, Visibility.PUBLIC, bounds.public),
        internal=_oldest(shown, Visibility.INTERNAL, bounds.internal),
    )


def _oldest(shown: list[Message], visibility: Visibility, otherwise: int) -> int:
    seqs = [message.seq for message in shown if message.visibility is visibility]
    return min(seqs, default=otherwise)
