"""The tables of organisations and of the settings that people have changed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, String, Table, Text

from campfire_chat.database.tables import metadata

organizations = Table(
    "campfire_organizations",
    metadata,
    Column("org_id", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id"),
)


#: What somebody has chosen. A row is about an organisation or about one of its agents, and has
#: only the settings that differ from their defaults.
runtime_settings = Table(
    "campfire_runtime_settings",
    metadata,
    Column("org_id", String, nullable=False),
    # The scope and, for an agent's own settings, the agent: "organization", "agent:agt_…".
    Column("subject", String, nullable=False),
    Column("chosen", Text, nullable=False),
    # In the order of the commits, over all organisations.
    Column("number", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "subject"),
    Index("campfire_runtime_settings_number", "number"),
)
