"""The table of drafts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, String, Table, Text

from campfire_chat.database.tables import metadata

drafts = Table(
    "campfire_drafts",
    metadata,
    Column("org_id", String, nullable=False),
    Column("agent_id", String, nullable=False),
    Column("conversation_id", String, nullable=False),
    Column("reply", Text, nullable=False),
    Column("note", Text, nullable=False),
    # Which of the two is being written: a visibility of messages.
    Column("visibility", String, nullable=False),
    Column("reply_to", String),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "agent_id", "conversation_id"),
)
