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
