"""The tables of agents."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from campfire_chat.database.tables import metadata

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
