"""Queries for conversations. Each takes an actor and returns only what the caller may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.access.actor import Actor
from campfire_chat.access.labels import from_stored
from campfire_chat.access.policy import can
from campfire_chat.core.errors import NotFoundError
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import BulkInsert, Query
from campfire_chat.features.conversations import tables
from campfire_chat.features.conversations.codec import CONVERSATION_ROWS
from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.rules import Conversation

_c = tables.conversations.c

MISSING = "There is no such conversation."

#: For so many open conversations of an agent, visitors are told when the availability changes.
MOST_TOLD = 500


def _by_id(engine: Engine) -> ClauseElement:
    return CONVERSATION_ROWS.select().where(engine.among(_c.org_id, _c.conversation_id, "ids"))


def _owners(engine: Engine) -> ClauseElement:
    return select(
        *(_c.conversation_id, _c.contact_id, _c.head, _c.notes_head, _c.access_labels)
    ).where(engine.among(_c.org_id, _c.conversation_id, "ids"))


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
    return CONVERSATION_ROWS.select(locked.cte("locked"), complete=False)


def _lock_heads(engine: Engine) -> ClauseElement:
    query = (
        select(_c.conversation_id, _c.head, _c.notes_head)
        .where(engine.among(_c.org_id, _c.conversation_id, "ids"))
        .order_by(_c.conversation_id)
    )
    return query.with_for_update(key_share=True) if engine.lock_rows else query


WRITE_CONVERSATIONS = BulkInsert(
    tables.conversations,
    keys=("org_id", "conversation_id"),
    keep=("contact_id", "created_at", "number"),
)
BY_ID = Query(_by_id)
#: The row of a conversation is its lock, and that of its streams, whose heads it knows. The people
#: in it are as they were when the wait for it began: an agent, or a contact, who came later has no
#: name yet, see :attr:`~campfire_chat.database.codec.Codec.is_complete`.
LOCK = Query(_lock)
#: The same lock, for conversations whose records are in memory.
LOCK_HEADS = Query(_lock_heads)
#: The contacts of conversations, which decide who may see them, and the heads.
OWNERS = Query(_owners)


class Owner(NamedTuple):
    """Whose a conversation is, and the heads of its streams."""

    organization: str
    visitor_id: str
    head: int
    notes_head: int
    access_labels: frozenset[str]

    @property
    def heads(self) -> tuple[int, int]:
        return (self.head, self.notes_head)


async def owners(
    session: Session, organization: str, conversation_ids: Sequence[str]
) -> dict[str, Owner]:
    """Whose each conversation is. Conversations that do not exist are left out."""
    rows = await session.fetch(
        OWNERS, org_id=organization, ids=session.engine.list_value(conversation_ids)
    )
    return {
        conversation_id: Owner(organization, visitor_id, head, notes_head, from_stored(labels))
        for conversation_id, visitor_id, head, notes_head, labels in rows
    }


async def check(session: Session, actor: Actor, conversation_id: str) -> None:
    """
    Raises:
        NotFoundError: No such conversation, or not one that the caller may see.
    """
    found = await owners(session, actor.organization, [conversation_id])
    owner = found.get(conversation_id)
    if owner is None or not can(actor, CONVERSATIONS_READ, owner):
        raise NotFoundError(MISSING)


async def get(session: Session, actor: Actor, conversation_id: str) -> Conversation:
    """
    Raises:
        NotFoundError: No such conversation, or not one that the caller may see.
    """
    rows = await session.fetch(
        BY_ID, org_id=actor.organization, ids=session.engine.list_value([conversation_id])
    )
    for row in rows:
        found = CONVERSATION_ROWS.read(row)
        if can(actor, CONVERSATIONS_READ, found):
            return found
    raise NotFoundError(MISSING)


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


OPEN_ASSIGNED = Query(_open_assigned)


async def open_assigned_to(session: Session, organization: str, agent_id: str) -> list[str]:
    """Ids of an agent's open conversations, whose visitors are told of their availability."""
    rows = await session.fetch(OPEN_ASSIGNED, org_id=organization, agent_id=agent_id)
    return [conversation_id for (conversation_id,) in rows]
