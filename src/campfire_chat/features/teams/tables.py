"""The tables of teams."""

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

teams = Table(
    "campfire_teams",
    metadata,
    Column("org_id", String, nullable=False),
    Column("team_id", String, nullable=False),
    Column("name", String, nullable=False),
    # The name without the difference of upper and lower case. A deleted team has none, so that
    # another team can have the name.
    Column("name_key", String),
    Column("description", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    # The row stays: conversations and notes still name the team.
    Column("deleted_at", BigInteger),
    PrimaryKeyConstraint("org_id", "team_id"),
    UniqueConstraint("org_id", "name_key"),
)

team_members = Table(
    "campfire_team_members",
    metadata,
    Column("org_id", String, nullable=False),
    Column("team_id", String, nullable=False),
    Column("agent_id", String, nullable=False),
    PrimaryKeyConstraint("org_id", "team_id", "agent_id"),
)
