"""The tables of receipts."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
)

from campfire_chat.database.tables import metadata

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
