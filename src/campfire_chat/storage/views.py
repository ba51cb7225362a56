"""What of a conversation its reader may see."""

from __future__ import annotations

from campfire_chat.domain.conversations import Conversation
from campfire_chat.models import (
    AgentConversation,
    Availability,
    Counts,
    ReceiptRecord,
    VisitorConversation,
)


def for_agent(conversation: Conversation, read_count: int) -> AgentConversation:
    summary = conversation.summary
    return AgentConversation(
        **{name: getattr(summary, name) for name in summary.__struct_fields__},
        # The mark was read a moment after the conversation.
        unread=max(0, conversation.visitor_messages - read_count),
    )


def for_visitor(
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
