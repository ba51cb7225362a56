"""The records that go over the wire, and the two that a host app passes in. All are frozen.

Times in records are RFC 3339 strings in UTC with microseconds. Optional fields are null when
unknown. Visitors and agents get different records, because each may see different things.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

DEFAULT_ORGANIZATION = "default"

Timestamp = Annotated[str, Meta(description="RFC 3339, UTC, microseconds")]


class SenderKind(StrEnum):
    VISITOR = "visitor"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"


class Role(StrEnum):
    """What an agent may do in the organisation. A viewer only reads."""

    OWNER = "owner"
    ADMIN = "admin"
    AGENT = "agent"
    VIEWER = "viewer"


class Availability(StrEnum):
    ONLINE = "online"
    AWAY = "away"
    BUSY = "busy"
    OFFLINE = "offline"


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


class Visibility(StrEnum):
    PUBLIC = "public"
    INTERNAL = "internal"


class MessageKind(StrEnum):
    TEXT = "text"


# What a host app passes in.


class Agent(Struct, frozen=True, kw_only=True):
    """A user of the host app who answers visitors.

    Attributes:
        id: The host app's own id of the user, a string of 1 to 128 printable characters.
        name: Shown to visitors and colleagues.
        avatar_url: Shown beside the name. An absolute URL, or a path on the host app.
        email: Shown to colleagues.
        role: What the agent may do.
        organization: The organisation. A host app with one team does not need it.
    """

    id: str
    name: str
    avatar_url: str | None = None
    email: str | None = None
    role: Role = Role.AGENT
    organization: str = DEFAULT_ORGANIZATION


class Visitor(Struct, frozen=True, kw_only=True):
    """A user of the host app who asks for help: an identified visitor.

    Attributes:
        id: The host app's own id of the user, a string of 1 to 128 printable characters.
        name: Shown to agents.
        email: Shown to agents.
        avatar_url: Shown to agents.
        organization: The organisation.
    """

    id: str
    name: str | None = None
    email: str | None = None
    avatar_url: str | None = None
    organization: str = DEFAULT_ORGANIZATION


# What goes over the wire.


class Participant(Struct, frozen=True):
    """A visitor or an agent in a conversation, as the others see them."""

    kind: SenderKind
    id: str
    name: str | None = None
    avatar_url: str | None = None


class AgentRecord(Struct, frozen=True, kw_only=True):
    """An agent as colleagues see them.

    Attributes:
        id: The id of the agent here (``agt_…``), the same for everybody.
        external_id: The host app's id of the user. Visitors never learn it.
        availability: ``offline`` without a connection.
    """

    id: str
    external_id: str
    name: str
    avatar_url: str | None
    role: Role
    availability: Availability


class Assignee(Struct, frozen=True, kw_only=True):
    """The agent to whom the conversation is assigned, as the visitor may see them."""

    id: str
    name: str
    avatar_url: str | None


class Contact(Struct, frozen=True, kw_only=True):
    """The visitor, as agents see them.

    Attributes:
        id: The visitor id (``vis_…``).
        external_id: The host app's id of the user, if the host app confirmed it.
        verified: Whether the host app confirmed who the visitor is.
    """

    id: str
    external_id: str | None
    verified: bool
    name: str | None
    email: str | None
    avatar_url: str | None


class Message(Struct, frozen=True, kw_only=True):
    """One message.

    Attributes:
        seq: Its number in the stream: ``conversation:<id>`` for a public message,
            ``notes:<id>`` for an internal one.
        at: When it was stored. Strictly increasing within the conversation, over both streams.
        client_id: The client id that its sender gave it.
        body: Plain text. Empty once the message is deleted.
    """

    id: str
    conversation_id: str
    visibility: Visibility
    seq: int
    at: Timestamp
    sender: Participant
    kind: MessageKind
    body: str
    client_id: str
    reply_to: str | None = None
    edited_at: Timestamp | None = None
    deleted_at: Timestamp | None = None


class MessageVersion(Struct, frozen=True, kw_only=True):
    """A text that a message had before it was edited; for agents.

    Attributes:
        number: 1 for the first text, then upwards.
        at: When this text was written.
    """

    number: int
    at: Timestamp
    body: str


class Preview(Struct, frozen=True, kw_only=True):
    """The last public message, shortened for a row of a list. Empty once it is deleted."""

    id: str
    seq: int
    at: Timestamp
    sender: Participant
    text: str


class Counts(Struct, frozen=True, kw_only=True):
    """How many public messages each side has sent. Clients compute unread counts from them."""

    visitor: int
    agent: int


class ReceiptRecord(Struct, frozen=True, kw_only=True):
    """How far a participant has received and read ``conversation:<id>``. Seqs only increase."""

    participant: Participant
    delivered: int
    read: int


class ConversationSummary(Struct, frozen=True, kw_only=True):
    """What a row of the inbox shows. It is the data of ``conversation.updated``."""

    id: str
    status: Status
    priority: Priority | None
    subject: str | None
    assignee: Assignee | None
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


class VisitorConversation(Struct, frozen=True, kw_only=True):
    """A conversation for its visitor. It reveals nothing of notes and internal fields."""

    id: str
    status: Status
    subject: str | None
    assignee: Assignee | None
    assignee_availability: Availability | None
    last_message: Preview | None
    counts: Counts
    head: int
    created_at: Timestamp
    last_activity_at: Timestamp
    unread: int
    receipts: list[ReceiptRecord] = []


class PrincipalRecord(Struct, frozen=True, kw_only=True):
    """The caller, as the answer to ``GET /me`` and in ``welcome``."""

    kind: SenderKind
    id: str
    name: str | None
    avatar_url: str | None
    email: str | None
    organization: str
    role: Role | None
    verified: bool


class StreamHead(Struct, frozen=True, kw_only=True):
    stream: str
    head: int
