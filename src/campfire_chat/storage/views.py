"""Conversations as the caller may see them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from campfire_chat.domain.conversations import Conversation
from campfire_chat.domain.principal import Scope
from campfire_chat.models import (
    AgentConversation,
    Availability,
    Counts,
    ReceiptRecord,
    SenderKind,
    Status,
    VisitorConversation,
)
from campfire_chat.storage import agents, conversations, listing, presence, receipts, search
from campfire_chat.storage.lanes import Session
from campfire_chat.storage.listing import Order, Place

View = AgentConversation | VisitorConversation


async def read_one(
    session: Session, scope: Scope, conversation_id: str, *, alive_since: int
) -> View:
    """A conversation with its receipts and who is present.

    Args:
        alive_since: Participants with a beat since this time are present; in ms since 1970.

    Raises:
        NotFoundError: No such conversation, or not one that the caller may see.
    """
    found = await conversations.get(session, scope, conversation_id)
    counts = await receipts.read_counts(session, scope, [conversation_id])
    read_count = counts.get(conversation_id, 0)
    marks = await receipts.of_conversation(session, scope, conversation_id)
    if not scope.is_agent:
        availability = None
        if found.assignee is not None:
            availability = await agents.availability_of(
                session, scope.organization, found.assignee.id, alive_since=alive_since
            )
        return _for_visitor(found, read_count, marks, availability)
    looking = await presence.viewers(session, scope, conversation_id, alive_since=alive_since)
    present = await presence.is_present(
        session,
        scope.organization,
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
    scope: Scope,
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
        scope,
        statuses=statuses,
        assignee_id=assignee_id,
        order=order,
        before=before,
        limit=limit,
    )
    return await _shown(session, scope, found), following


async def find(session: Session, scope: Scope, text: str, limit: int) -> list[View]:
    """Conversations that a few letters stand for; see :func:`campfire_chat.storage.search.find`."""
    return await _shown(session, scope, await search.find(session, scope, text, limit))


async def _shown(session: Session, scope: Scope, found: Sequence[Conversation]) -> list[View]:
    counts = await receipts.read_counts(session, scope, [item.id for item in found])
    return [
        _for_agent(item, counts.get(item.id, 0))
        if scope.is_agent
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
