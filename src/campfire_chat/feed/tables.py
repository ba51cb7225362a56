"""The table of the feed: how far each consumer has read."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, String, Table, Text

from campfire_chat.database.tables import metadata

consumers = Table(
    "campfire_consumers",
    metadata,
    # Empty in the row that says that a consumer is known: whatever begins later, it sees whole.
    Column("org_id", String, nullable=False),
    Column("consumer", String, nullable=False),
    # The seq of the last event of the organisation's inbox whose commit was handled.
    Column("position", BigInteger, nullable=False),
    # Names the claim of the process that reads for it, and until when the claim is valid.
    Column("lease", String),
    Column("leased_until", BigInteger, nullable=False),
    # Why it does not get on, and since when.
    Column("error", Text),
    Column("failed_at", BigInteger),
    PrimaryKeyConstraint("org_id", "consumer"),
    sqlite_with_rowid=False,
)
