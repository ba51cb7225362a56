"""Rows of conversations to records, and back."""

from __future__ import annotations

import msgspec

from campfire_chat.access import labels
from campfire_chat.database.prepared import Row
from campfire_chat.features.agents.records import Assignee
from campfire_chat.features.contacts.records import Contact
from campfire_chat.features.conversations.records import Priority, Status
from campfire_chat.features.conversations.rules import Conversation
from campfire_chat.features.messages.records import Preview

_encode = msgspec.json.Encoder().encode


_decode_preview = msgspec.json.Decoder(Preview).decode


_decode_tags = msgspec.json.Decoder(list[str]).decode


#: The columns of a conversation with its contact and assignee, in the order of
#: :func:`conversation_of`.
CONVERSATION_COLUMNS = (
    "conversation_id",
    "status",
    "priority",
    "subject",
    "tags",
    "last_message",
    "created_at",
    "last_at",
    "last_activity_at",
    "waiting_since",
    "first_response_at",
    "resolved_at",
    "snoozed_until",
    "reopen_count",
    "head",
    "notes_head",
    "visitor_messages",
    "agent_messages",
    "access_labels",
    "contact_id",
    "external_id",
    "verified",
    "contact_name",
    "contact_email",
    "contact_avatar_url",
    "assignee_id",
    "assignee_name",
    "assignee_avatar_url",
)


def conversation_of(organization: str, row: Row) -> Conversation:
    (
        conversation_id,
        status,
        priority,
        subject,
        tags,
        last_message,
        created_at,
        last_at,
        last_activity_at,
        waiting_since,
        first_response_at,
        resolved_at,
        snoozed_until,
        reopen_count,
        head,
        notes_head,
        visitor_messages,
        agent_messages,
        access_labels,
        contact_id,
        external_id,
        verified,
        contact_name,
        contact_email,
        contact_avatar_url,
        assignee_id,
        assignee_name,
        assignee_avatar_url,
    ) = row
    return Conversation(
        organization=organization,
        id=conversation_id,
        contact=Contact(
            id=contact_id,
            external_id=external_id,
            verified=bool(verified),
            name=contact_name,
            email=contact_email,
            avatar_url=contact_avatar_url,
        ),
        status=Status(status),
        priority=Priority(priority) if priority else None,
        subject=subject,
        assignee=(
            Assignee(id=assignee_id, name=assignee_name, avatar_url=assignee_avatar_url)
            if assignee_id is not None
            else None
        ),
        tags=_decode_tags(tags),
        last_message=_decode_preview(last_message) if last_message else None,
        created_at=created_at,
        last_at=last_at,
        last_activity_at=last_activity_at,
        waiting_since=waiting_since,
        first_response_at=first_response_at,
        resolved_at=resolved_at,
        snoozed_until=snoozed_until,
        reopen_count=reopen_count,
        head=head,
        notes_head=notes_head,
        visitor_messages=visitor_messages,
        agent_messages=agent_messages,
        access_labels=labels.from_stored(access_labels),
    )


_VERIFIED, _ASSIGNEE_ID, _ASSIGNEE_NAME = (
    CONVERSATION_COLUMNS.index(name) for name in ("verified", "assignee_id", "assignee_name")
)


def complete(row: Row) -> bool:
    """Whether contact and assignee of a row were found. If not, it has to be read again."""
    return row[_VERIFIED] is not None and (
        row[_ASSIGNEE_ID] is None or row[_ASSIGNEE_NAME] is not None
    )


def conversation_row(conversation: Conversation) -> Row:
    """The columns of ``campfire_conversations``, in their order."""
    last = conversation.last_message
    return (
        conversation.organization,
        conversation.id,
        conversation.contact.id,
        conversation.status.value,
        conversation.priority.value if conversation.priority else None,
        conversation.subject,
        conversation.assignee.id if conversation.assignee else None,
        _encode(conversation.tags).decode(),
        _encode(last).decode() if last else None,
        conversation.created_at,
        conversation.last_at,
        conversation.last_activity_at,
        conversation.waiting_since,
        conversation.first_response_at,
        conversation.resolved_at,
        conversation.snoozed_until,
        conversation.reopen_count,
        conversation.head,
        conversation.notes_head,
        conversation.visitor_messages,
        conversation.agent_messages,
        labels.stored(conversation.access_labels),
    )
