"""Notifications, as they go over the wire."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from campfire_chat.access.records import Participant
from campfire_chat.core.scalars import Timestamp


class NotificationKind(StrEnum):
    """Why an agent is told.

    ``mention``: a note mentions the agent, or a team of the agent. ``assignment``: somebody else
    has assigned a conversation to the agent. ``reply``: the visitor has written in a conversation
    that is assigned to the agent.
    """

    MENTION = "mention"
    ASSIGNMENT = "assignment"
    REPLY = "reply"


class Notification(Struct, frozen=True, kw_only=True):
    """Something that an agent is told of.

    Attributes:
        number: The number by which people quote the conversation.
        contact_name: The name of the visitor. Null if nobody knows it.
        message_id: The note that mentions the agent, or the first message that the visitor wrote
            since the agent was there. Null for an assignment.
        text: The beginning of that message, as it is now. Null if it was deleted, if the agent may
            not read it, or if there is none.
        actor: Who did it.
        read: Whether the agent has dealt with it.
    """

    id: str
    kind: NotificationKind
    conversation_id: str
    number: int
    subject: str | None
    contact_name: str | None
    message_id: str | None
    text: str | None
    actor: Participant
    at: Timestamp
    read: bool


class NotificationCount(Struct, frozen=True, kw_only=True):
    """
    Attributes:
        unread: How many notifications the caller has not dealt with; counted up to 1,000.
    """

    unread: int
