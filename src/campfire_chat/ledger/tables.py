"""The tables of the ledger: streams, their events, and the keys of repeated writes."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from campfire_chat.database.tables import metadata

streams = Table(
    "campfire_streams",
    metadata,
    Column("org_id", String, nullable=False),
    Column("stream", String, nullable=False),
    Column("head", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "stream"),
    sqlite_with_rowid=False,
)


events = Table(
    "campfire_events",
    metadata,
    Column("org_id", String, nullable=False),
    Column("stream", String, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("event", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    # The record whose text the event contains. Its deletion also removes the text here.
    Column("text_of", String),
    Column("payload", Text, nullable=False),
    # Only in an inbox, at the last event of each flush: JSON, what the flush appended to other
    # streams. Together they are the feed, in the order of commits. It is never sent to clients.
    Column("spans", Text),
    Index("campfire_events_text", "org_id", "text_of"),
    PrimaryKeyConstraint("org_id", "stream", "seq"),
    # Not WITHOUT ROWID, here and for messages: long rows inside an index make SQLite rewrite
    # several pages per row; appended to a rowid table they share one.
)


idempotency = Table(
    "campfire_idempotency",
    metadata,
    Column("org_id", String, nullable=False),
    Column("client_key", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "client_key"),
    sqlite_with_rowid=False,
)
