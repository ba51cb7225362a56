"""The tables, all with the prefix ``campfire_``. ``org_id`` is the first column of every key, so
that the tables can be sharded by organisation.

Times are microseconds since 1970 (BIGINT) and JSON is text, so both are the same on every
database. Rows hold the current state, which a host app may join to its own tables.
``campfire_events`` is the append-only log of changes. Each payload is the text on the wire.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

metadata = MetaData()


settings = Table(
    "campfire_settings",
    metadata,
    Column("org_id", String, nullable=False),
    Column("key", String, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("org_id", "key"),
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
