"""Every event type: which stream it goes to and what it carries.

An event is stored once, as the bytes that every client receives:
``{"type": "event", "stream": …, "seq": …, "event": …, "at": …, "data": …}``.
The meaning of a type never changes. New versions may only add fields.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from campfire_chat.models import (
    Assignee,
    ConversationSummary,
    Message,
    Participant,
    Priority,
    Status,
    Timestamp,
)


class EventFrame(Struct, frozen=True, kw_only=True, tag="event", tag_field="type"):
    """An event as it is stored and goes over the wire."""

    stream: str
    seq: int
    event: str
    at: Timestamp
    data: Any


class StatusChanged(Struct, frozen=True, kw_only=True):
    """The status, as the visitor may see it. ``actor`` is the participant who changed it."""

    conversation_id: str
    status: Status
    previous: Status
    actor: Participant


class AssigneeChanged(Struct, frozen=True, kw_only=True):
    conversation_id: str
    assignee: Assignee | None
    actor: Participant


class PriorityChanged(Struct, frozen=True, kw_only=True):
    conversation_id: str
    priority: Priority | None
    actor: Participant


class TagsChanged(Struct, frozen=True, kw_only=True):
    conversation_id: str
    tags: list[str]
    actor: Participant


class SubjectChanged(Struct, frozen=True, kw_only=True):
    conversation_id: str
    subject: str | None
    actor: Participant


class SnoozeChanged(Struct, frozen=True, kw_only=True):
    """When the snooze ends. Visitors must not see it, so it is an event of the notes stream."""

    conversation_id: str
    snoozed_until: Timestamp | None
    actor: Participant


MESSAGE_CREATED: Final = "message.created"
MESSAGE_UPDATED: Final = "message.updated"
MESSAGE_DELETED: Final = "message.deleted"
STATUS_CHANGED: Final = "conversation.status_changed"
ASSIGNEE_CHANGED: Final = "conversation.assignee_changed"
PRIORITY_CHANGED: Final = "conversation.priority_changed"
TAGS_CHANGED: Final = "conversation.tags_changed"
SUBJECT_CHANGED: Final = "conversation.subject_changed"
SNOOZE_CHANGED: Final = "conversation.snooze_changed"
CONVERSATION_UPDATED: Final = "conversation.updated"

EventData = (
    Message
    | StatusChanged
    | AssigneeChanged
    | PriorityChanged
    | TagsChanged
    | SubjectChanged
    | SnoozeChanged
    | ConversationSummary
)

#: Event type → the kinds of stream that it appears in, and its payload.
EVENTS: Final[dict[str, tuple[frozenset[str], type[Struct]]]] = {
    MESSAGE_CREATED: (frozenset({"conversation", "notes"}), Message),
    MESSAGE_UPDATED: (frozenset({"conversation", "notes"}), Message),
    MESSAGE_DELETED: (frozenset({"conversation", "notes"}), Message),
    STATUS_CHANGED: (frozenset({"conversation"}), StatusChanged),
    ASSIGNEE_CHANGED: (frozenset({"conversation"}), AssigneeChanged),
    SUBJECT_CHANGED: (frozenset({"conversation"}), SubjectChanged),
    PRIORITY_CHANGED: (frozenset({"notes"}), PriorityChanged),
    TAGS_CHANGED: (frozenset({"notes"}), TagsChanged),
    SNOOZE_CHANGED: (frozenset({"notes"}), SnoozeChanged),
    CONVERSATION_UPDATED: (frozenset({"inbox"}), ConversationSummary),
}
