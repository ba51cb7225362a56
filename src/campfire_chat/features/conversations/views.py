"""Conversations as the caller may see them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from campfire_chat.access.actor import Actor
from campfire_chat.access.records import Availability, SenderKind
from campfire_chat.database.lanes import Session
from campfire_chat.features.agents import queries as agent_queries
from campfire_chat.features.conversations import listing, queries, search
from campfire_chat.features.conversations.listing import Order, Place
from campfire_chat.features.conversations.records import (
    AgentConversation,
    Counts,
    Status,
    VisitorConversation,
)
from campfire_chat.features.conversations.rules import Conversation
from campfire_chat.features.presence import queries as presence_queries
from campfire_chat.features.receipts import queries as receipt_queries
from campfire_chat.features.receipts.records import ReceiptRecord

View = AgentConversation | VisitorConversation


async def read_one(
    session: Session, actor: Actor, conversation_id: str, *, alive_since: int
) -> View:
    """A conversation with its receipts and who is present.

    Args:
        alive_since: Participants with a beat since this time are present; in ms since 1970.

    Raises:
        NotFoundError: No such conversation, or not one that the caller may see.
    """
    found = await queries.get(session, actor, conversation_id)
    counts = await receipt_queries.read_counts(session, actor, [conversation_id])
    read_count = counts.get(conversation_id, 0)
    marks = await receipt_queries.of_conversation(session, actor, conversation_id)
    if not actor.is_agent:
        availability = None
        if found.assignee is not None:
            availability = await agent_queries.availability_of(
                session, actor.organization, found.assignee.id, alive_since=alive_since
            )
        return _for_visitor(found, read_count, marks, availability)
    looking = await presence_queries.viewers(
        session, actor, conversation_id, alive_since=alive_since
    )
    present = await presence_queries.is_present(
        session,
        actor.organization,
        SenderKind.VISITOR,
        found.contact.id,
        alive_since=alive_since,
    )
    return msgspec.structs.replace(
        _for_agent(found, read_count),
        receipts=marks,
        viewers=looking,
        contact_present=present,
    )


async def read_page(
    session: Session,
    actor: Actor,
    *,
    statuses: Sequence[Status],
    assignee_id: str | object | None,
    order: Order,
    before: Place | None,
    limit: int,
) -> tuple[list[View], Place | None]:
    """A page of conversations, and where the next one begins."""
    found, following = await listing.read_page(
        session,
        actor,
        statuses=statuses,
        assignee_id=assignee_id,
        order=order,
        before=before,
        limit=limit,
    )
    return await _shown(session, actor, found), following


async def find(session: Session, actor: Actor, text: str, limit: int) -> list[View]:
    """Conversations that a few letters stand for; see
    :func:`campfire_chat.features.conversations.search.find`."""
    return await _shown(session, actor, await search.find(session, actor, text, limit))


async def _shown(session: Session, actor: Actor, found: Sequence[Conversation]) -> list[View]:
    counts = await receipt_queries.read_counts(session, actor, [item.id for item in found])
    return [
        _for_agent(item, counts.get(item.id, 0))
        if actor.is_agent
        else _for_visitor(item, counts.get(item.id, 0), [], None)
        for item in found
    ]


def _for_agent(conversation: Conversation, read_count: int) -> AgentConversation:
    summary = conversation.summary
    return AgentConversation(
        **{name: getattr(summary, name) for name in summary.__struct_fields__},
        # The mark was read a moment after the conversation.
        unread=max(0, conversation.visitor_messages - read_count),
    )


def _for_visitor(
    conversation: Conversation,
    read_count: int,
    marks: list[ReceiptRecord],
    availability: Availability | None,
) -> VisitorConversation:
    summary = conversation.summary
    return VisitorConversation(
        id=summary.id,
        status=summary.status,
        subject=summary.subject,
        assignee=summary.assignee,
        assignee_availability=availability,
        last_message=summary.last_message,
        counts=Counts(visitor=conversation.visitor_messages, agent=conversation.agent_messages),
        head=summary.head,
        created_at=summary.created_at,
        last_activity_at=summary.last_activity_at,
        unread=max(0, conversation.agent_messages - read_count),
        receipts=marks,
    )
