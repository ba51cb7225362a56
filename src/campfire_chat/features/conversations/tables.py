"""The tables of conversations."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

from campfire_chat.database.tables import metadata

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
    # A sorted JSON list; null for a conversation that all agents see.
    Column("access_labels", Text),
    Column("team_id", String),
    # By which people quote it; campfire_conversation_numbers finds it by that.
    Column("number", BigInteger, nullable=False, server_default="0"),
    # The id of who snoozed it, while it is snoozed.
    Column("snoozed_by", String),
    # The conversations before and after it, when its visitor wrote too late to reopen it.
    Column("continues_id", String),
    Column("continued_in_id", String),
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
    # Those of one team, by activity and by wait. Partial: a conversation of no team is not here.
    Index(
        "campfire_conversations_team",
        *("org_id", "team_id", "status", "last_activity_at"),
        sqlite_where=text("team_id IS NOT NULL"),
        postgresql_where=text("team_id IS NOT NULL"),
    ),
    Index(
        "campfire_conversations_team_waiting",
        *("org_id", "team_id", "status", "waiting_since", "conversation_id"),
        sqlite_where=text("team_id IS NOT NULL AND waiting_since IS NOT NULL"),
        postgresql_where=text("team_id IS NOT NULL AND waiting_since IS NOT NULL"),
    ),
    # A visitor has only a few, which are sorted when they are read; without the time in it this
    # index stays as it is when a message comes.
    Index("campfire_conversations_contact", "org_id", "contact_id"),
)

# Which conversation has a number. A table of its own: a message changes the row of its
# conversation, and would write an index for the number there.
conversation_numbers = Table(
    "campfire_conversation_numbers",
    metadata,
    Column("org_id", String, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("conversation_id", String, nullable=False),
    PrimaryKeyConstraint("org_id", "number"),
    sqlite_with_rowid=False,
)
