"""Conversations, as they go over the wire. Visitors and agents get different records, because each
may see different things."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from campfire_chat.access.records import Availability, Participant
from campfire_chat.core.scalars import Timestamp
from campfire_chat.features.agents.records import Assignee
from campfire_chat.features.contacts.records import Contact, FieldChange
from campfire_chat.features.messages.records import Preview
from campfire_chat.features.receipts.records import ReceiptRecord
from campfire_chat.features.teams.records import TeamName


class Status(StrEnum):
    OPEN = "open"
    PENDING = "pending"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Priority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


class TimelineKind(StrEnum):
    """What the timeline of a contact tells: what happened to the contact, as in
    :class:`~campfire_chat.features.contacts.records.ChangeKind`, and their conversations."""

    CREATED = "created"
    DESCRIBED = "described"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    CONVERSATION_BEGUN = "conversation_begun"
    CONVERSATION_RESOLVED = "conversation_resolved"


class TimelineEntry(Struct, frozen=True, kw_only=True):
    """Something that happened between a contact and the organisation.

    Attributes:
        id: The change (``cch_…``) or the conversation.
        actor: Who changed the contact. Null for a conversation.
        fields: What was changed of the contact.
        subject: That of the conversation.
        status: What the conversation is by now. Null if it is about none.
    """

    id: str
    at: Timestamp
    kind: TimelineKind
    actor: Participant | None = None
    fields: list[FieldChange] = []
    subject: str | None = None
    status: Status | None = None


class Counts(Struct, frozen=True, kw_only=True):
    """How many public messages each side has sent. Clients compute unread counts from them."""

    visitor: int
    agent: int


class ConversationSummary(Struct, frozen=True, kw_only=True):
    """What a row of the inbox shows. It is the data of ``conversation.updated``.

    Attributes:
        number: By which people quote it: 1, 2, 3 … within the organisation.
        access_labels: If there are any, only agents with one of them see the conversation.
        continues_id: The earlier conversation that goes on here: its visitor wrote again when it
            was too late to reopen it.
        continued_in_id: The later conversation in which this one goes on.
    """

    id: str
    number: int
    status: Status
    priority: Priority | None
    subject: str | None
    assignee: Assignee | None
    team: TeamName | None
    tags: list[str]
    contact: Contact
    last_message: Preview | None
    counts: Counts
    head: int
    notes_head: int
    created_at: Timestamp
    last_activity_at: Timestamp
    waiting_since: Timestamp | None
    first_response_at: Timestamp | None
    resolved_at: Timestamp | None
    snoozed_until: Timestamp | None
    reopen_count: int
    access_labels: list[str]
    continues_id: str | None
    continued_in_id: str | None


class AgentConversation(ConversationSummary, frozen=True, kw_only=True):
    """A conversation for an agent.

    Attributes:
        unread: Number of the visitor's messages after this agent's read mark.
        receipts: The receipts of all participants. Empty in lists.
        viewers: The agents who have it open now. Empty in lists.
        contact_present: Whether the visitor is connected. Null in lists.
    """

    unread: int
    receipts: list[ReceiptRecord] = []
    viewers: list[Participant] = []
    contact_present: bool | None = None


class VisitorSummary(Struct, frozen=True, kw_only=True):
    """What a row of a visitor's list shows. It is the data of ``own_conversation.updated``, and
    reveals nothing of notes and internal fields.

    Attributes:
        head: The last seq of the conversation's stream.
    """

    id: str
    status: Status
    subject: str | None
    assignee: Assignee | None
    last_message: Preview | None
    counts: Counts
    head: int
    created_at: Timestamp
    last_activity_at: Timestamp


class VisitorConversation(VisitorSummary, frozen=True, kw_only=True):
    """A conversation for its visitor.

    Attributes:
        assignee_availability: Null without an assignee, and in lists.
        unread: Number of the agents' messages after the visitor's read mark.
        receipts: The receipts of all participants. Empty in lists.
    """

    assignee_availability: Availability | None
    unread: int
    receipts: list[ReceiptRecord] = []
