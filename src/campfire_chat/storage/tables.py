"""The tables, all with the prefix ``campfire_``. ``org_id`` is the first column of every key, so
that the tables can be sharded by organisation.

Times are microseconds since 1970 (BIGINT) and JSON is text, so both are the same on every
database. Rows hold the current state, which a host app may join to its own tables.
``campfire_events`` is the append-only log of changes. Each payload is the text on the wire.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

#: Facts of the whole installation have this instead of an organisation.
INSTALLATION = ""

settings = Table(
    "campfire_settings",
    metadata,
    Column("org_id", String, nullable=False),
    Column("key", String, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("org_id", "key"),
)

agents = Table(
    "campfire_agents",
    metadata,
    Column("org_id", String, nullable=False),
    Column("agent_id", String, nullable=False),
    # The host's own id, for colleagues and the host's queries; visitors see ``agent_id``.
    Column("external_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("avatar_url", String),
    Column("email", String),
    Column("role", String, nullable=False),
    Column("availability", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "agent_id"),
    UniqueConstraint("org_id", "external_id"),
)

contacts = Table(
    "campfire_contacts",
    metadata,
    Column("org_id", String, nullable=False),
    Column("contact_id", String, nullable=False),
    Column("external_id", String),
    Column("verified", Boolean, nullable=False),
    Column("name", String),
    Column("email", String),
    Column("avatar_url", String),
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "contact_id"),
    UniqueConstraint("org_id", "external_id"),
)

conversations = Table(
    "campfire_conversations",
    metadata,
    Column("org_id", String, nullable=False),
    Column("conversation_id", String, nullable=False),
    Column("contact_id", String, nullable=False),
    Column("status", String, nullable=False),
    Column("priority", String),
    Column("subject", String),
    Column("assignee_id", String),
    Column("tags", Text, nullable=False),
    Column("last_message", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("last_activity_at", BigInteger, nullable=False),
    Column("waiting_since", BigInteger),
    Column("first_response_at", BigInteger),
    Column("resolved_at", BigInteger),
    Column("snoozed_until", BigInteger),
    Column("reopen_count", Integer, nullable=False),
    Column("head", BigInteger, nullable=False),
    Column("notes_head", BigInteger, nullable=False),
    Column("visitor_messages", Integer, nullable=False),
    Column("agent_messages", Integer, nullable=False),
    PrimaryKeyConstraint("org_id", "conversation_id"),
    # For lists: one status, of all or of one assignee, newest activity first.
    Index("campfire_conversations_status", "org_id", "status", "last_activity_at"),
    Index("campfire_conversations_assignee", "org_id", "status", "assignee_id", "last_activity_at"),
    # The queue: those in which a visitor waits, the longest first. Partial, so that a message in
    # a conversation that waits already, or that nobody waits in, writes nothing here.
    Index(
        "campfire_conversations_waiting",
        *("org_id", "status", "waiting_since", "conversation_id"),
        sqlite_where=text("waiting_since IS NOT NULL"),
        postgresql_where=text("waiting_since IS NOT NULL"),
    ),
    Index(
        "campfire_conversations_assignee_waiting",
        *("org_id", "status", "assignee_id", "waiting_since", "conversation_id"),
        sqlite_where=text("waiting_since IS NOT NULL"),
        postgresql_where=text("waiting_since IS NOT NULL"),
    ),
    # A visitor has only a few, which are sorted when they are read; without the time in it this
    # index stays as it is when a message comes.
    Index("campfire_conversations_contact", "org_id", "contact_id"),
)

messages = Table(
    "campfire_messages",
    metadata,
    Column("org_id", String, nullable=False),
    Column("conversation_id", String, nullable=False),
    Column("visibility", String, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("message_id", String, nullable=False),
    # Sender and client id together, so that one lookup shows whether it was stored before.
    Column("client_key", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("sender_kind", String, nullable=False),
    Column("sender_id", String, nullable=False),
    Column("sender_name", String),
    Column("sender_avatar_url", String),
    Column("kind", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("reply_to", String),
    Column("edited_at", BigInteger),
    Column("deleted_at", BigInteger),
    # A page of a thread is one range of this key, and so are the messages between two marks.
    PrimaryKeyConstraint("org_id", "conversation_id", "visibility", "seq"),
    UniqueConstraint("org_id", "message_id"),
    UniqueConstraint("org_id", "client_key"),
)

message_versions = Table(
    "campfire_message_versions",
    metadata,
    Column("org_id", String, nullable=False),
    Column("message_id", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("body", Text, nullable=False),
    # When this text was written; the next version, or the message, says until when it stood.
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "message_id", "number"),
)

receipts = Table(
    "campfire_receipts",
    metadata,
    Column("org_id", String, nullable=False),
    Column("conversation_id", String, nullable=False),
    Column("participant_kind", String, nullable=False),
    Column("participant_id", String, nullable=False),
    Column("participant_name", String),
    Column("participant_avatar_url", String),
    Column("delivered", BigInteger, nullable=False),
    Column("read", BigInteger, nullable=False),
    Column("read_count", Integer, nullable=False),
    PrimaryKeyConstraint("org_id", "conversation_id", "participant_kind", "participant_id"),
    sqlite_with_rowid=False,
)

streams = Table(
    "campfire_streams",
    metadata,
    Column("org_id", String, nullable=False),
    Column("stream", String, nullable=False),
    Column("head", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "stream"),
    sqlite_with_rowid=False,
)

events = Table(
    "campfire_events",
    metadata,
    Column("org_id", String, nullable=False),
    Column("stream", String, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("event", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    # The message whose text the event contains. Its deletion also removes the text here.
    Column("message_id", String),
    Column("payload", Text, nullable=False),
    Index("campfire_events_message", "org_id", "message_id"),
    PrimaryKeyConstraint("org_id", "stream", "seq"),
    # Not WITHOUT ROWID, here and for messages: long rows inside an index make SQLite rewrite
    # several pages per row; appended to a rowid table they share one.
)

idempotency = Table(
    "campfire_idempotency",
    metadata,
    Column("org_id", String, nullable=False),
    Column("client_key", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "client_key"),
    sqlite_with_rowid=False,
)

nodes = Table(
    "campfire_nodes",
    metadata,
    Column("org_id", String, nullable=False),
    Column("node_id", String, nullable=False),
    Column("bus", String, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("beat_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "node_id"),
    sqlite_with_rowid=False,
)

presence = Table(
    "campfire_presence",
    metadata,
    Column("org_id", String, nullable=False),
    # "" for connected, otherwise the conversation that the participant has open.
    Column("place", String, nullable=False),
    Column("participant_kind", String, nullable=False),
    Column("participant_id", String, nullable=False),
    Column("node_id", String, nullable=False),
    Column("name", String),
    Column("avatar_url", String),
    Column("beat_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "place", "participant_kind", "participant_id", "node_id"),
    sqlite_with_rowid=False,
)

revocations = Table(
    "campfire_revocations",
    metadata,
    Column("org_id", String, nullable=False),
    Column("visitor_id", String, nullable=False),
    # Tokens that were issued before are refused.
    Column("not_before", BigInteger, nullable=False),
    # In the order of the commits, over all organisations.
    Column("number", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "visitor_id"),
    Index("campfire_revocations_number", "number"),
)

usage = Table(
    "campfire_usage",
    metadata,
    Column("org_id", String, nullable=False),
    # The limit and the caller: "sends:visitor:vis_…". An address belongs to no organisation.
    Column("key", String, nullable=False),
    Column("node_id", String, nullable=False),
    Column("used", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "key", "node_id"),
    sqlite_with_rowid=False,
)

#: Which rows of ``jobs`` still wait to be begun, and so are unique by their key.
JOB_WAITS = "job_key IS NOT NULL AND lease IS NULL AND parked_at IS NULL"

jobs = Table(
    "campfire_jobs",
    metadata,
    Column("org_id", String, nullable=False),
    Column("job_id", String, nullable=False),
    Column("kind", String, nullable=False),
    # Among the jobs of a kind that wait to be begun there is one for a key.
    Column("job_key", String),
    Column("arguments", Text, nullable=False),
    # When a process may claim it: its time, or the end of the lease; NULL once it is parked.
    Column("due_at", BigInteger),
    # Names the claim of the process that runs it; whoever finishes it has to hold this.
    Column("lease", String),
    Column("attempts", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("error", Text),
    Column("parked_at", BigInteger),
    PrimaryKeyConstraint("org_id", "job_id"),
    # What is due, over all organisations, without looking at what is not.
    Index(
        "campfire_jobs_due",
        "due_at",
        "org_id",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index(
        "campfire_jobs_key",
        "org_id",
        "kind",
        "job_key",
        unique=True,
        sqlite_where=text(JOB_WAITS),
        postgresql_where=text(JOB_WAITS),
    ),
    Index(
        "campfire_jobs_parked",
        "org_id",
        "parked_at",
        sqlite_where=text("parked_at IS NOT NULL"),
        postgresql_where=text("parked_at IS NOT NULL"),
    ),
)

schedules = Table(
    "campfire_schedules",
    metadata,
    Column("org_id", String, nullable=False),
    Column("name", String, nullable=False),
    # The beginning of the latest slot for which a job was made.
    Column("slot", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "name"),
    sqlite_with_rowid=False,
)
