"""The events of conversations, and what they carry."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from campfire_chat.access.records import Participant
from campfire_chat.core import text
from campfire_chat.core.scalars import Timestamp
from campfire_chat.features.agents.records import Assignee
from campfire_chat.features.conversations.records import (
    ConversationSummary,
    Priority,
    Status,
    VisitorSummary,
)
from campfire_chat.features.conversations.transitions import StatusReason
from campfire_chat.features.messages.records import Message
from campfire_chat.features.teams.records import TeamName
from campfire_chat.ledger.events import EventType


class StatusChanged(Struct, frozen=True, kw_only=True):
    """The status, as the visitor may see it.

    Attributes:
        actor: The participant who changed it.
        reason: Why it changed. Null if somebody chose it, and in events of version 1.
    """

    conversation_id: str
    status: Status
    previous: Status
    actor: Participant
    reason: StatusReason | None = None


class AssigneeChanged(Struct, frozen=True, kw_only=True):
    """From whom to whom the conversation went. ``actor`` is the participant who changed it.

    Attributes:
        previous: Null if nobody had it, and in events from before version 2.
    """

    conversation_id: str
    assignee: Assignee | None
    previous: Assignee | None = None
    actor: Participant


class TeamChanged(Struct, frozen=True, kw_only=True):
    """From which team to which one the conversation went. Visitors do not see teams.

    Attributes:
        previous: Null if no team had it.
        actor: The participant who changed it.
    """

    conversation_id: str
    team: TeamName | None
    previous: TeamName | None
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


class AccessChanged(Struct, frozen=True, kw_only=True):
    """Which agents see the conversation."""

    conversation_id: str
    access_labels: list[str]
    actor: Participant


class ContactBlocked(Struct, frozen=True, kw_only=True):
    """The contact of the conversation was blocked, or may write again."""

    conversation_id: str
    blocked: bool
    actor: Participant


class Linked(Struct, frozen=True, kw_only=True):
    """With which conversations this one is linked: the earlier one that goes on here, and the
    later one in which it goes on."""

    conversation_id: str
    continues_id: str | None
    continued_in_id: str | None
    actor: Participant


def _last_message(summary: ConversationSummary | VisitorSummary) -> str | None:
    return None if summary.last_message is None else summary.last_message.id


def _with_preview(data: dict[str, Any], message: Message) -> dict[str, Any]:
    data["last_message"]["text"] = text.preview(message.body)
    return data


STATUS_CHANGED: Final = EventType(
    "conversation.status_changed", ("conversation",), StatusChanged, version=2
)
ASSIGNEE_CHANGED: Final = EventType(
    "conversation.assignee_changed", ("conversation",), AssigneeChanged, version=2
)
SUBJECT_CHANGED: Final = EventType(
    "conversation.subject_changed", ("conversation",), SubjectChanged
)
TEAM_CHANGED: Final = EventType("conversation.team_changed", ("notes",), TeamChanged)
PRIORITY_CHANGED: Final = EventType("conversation.priority_changed", ("notes",), PriorityChanged)
TAGS_CHANGED: Final = EventType("conversation.tags_changed", ("notes",), TagsChanged)
SNOOZE_CHANGED: Final = EventType("conversation.snooze_changed", ("notes",), SnoozeChanged)
ACCESS_CHANGED: Final = EventType("conversation.access_changed", ("notes",), AccessChanged)
CONTACT_BLOCKED: Final = EventType("conversation.contact_blocked", ("notes",), ContactBlocked)
LINKED: Final = EventType("conversation.linked", ("notes",), Linked)
CONVERSATION_UPDATED: Final = EventType(
    "conversation.updated",
    ("inbox",),
    ConversationSummary,
    text_of=_last_message,
    with_text=_with_preview,
)

OWN_CONVERSATION_UPDATED: Final = EventType(
    "own_conversation.updated",
    ("visitor",),
    VisitorSummary,
    text_of=_last_message,
    with_text=_with_preview,
)

EVENTS: Final = (
    STATUS_CHANGED,
    ASSIGNEE_CHANGED,
    SUBJECT_CHANGED,
    TEAM_CHANGED,
    PRIORITY_CHANGED,
    TAGS_CHANGED,
    SNOOZE_CHANGED,
    ACCESS_CHANGED,
    CONTACT_BLOCKED,
    LINKED,
    CONVERSATION_UPDATED,
    OWN_CONVERSATION_UPDATED,
)
