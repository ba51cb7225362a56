"""The tables of presence."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    PrimaryKeyConstraint,
    String,
    Table,
)

from campfire_chat.database.tables import metadata

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


#: The sessions of agents that go on: the events tell of those that have ended.
agent_sessions = Table(
    "campfire_agent_sessions",
    metadata,
    Column("org_id", String, nullable=False),
    Column("agent_id", String, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    # When the agent last closed the last connection to a process. Beats tell of the others.
    Column("left_at", BigInteger),
    PrimaryKeyConstraint("org_id", "agent_id"),
    sqlite_with_rowid=False,
)
