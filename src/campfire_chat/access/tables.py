"""The tables of what callers may do."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    String,
    Table,
)

from campfire_chat.database.tables import metadata

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
