"""The table of hooks: events that have to be given out again."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, String, Table

from campfire_chat.database.tables import metadata

held_events = Table(
    "campfire_held_events",
    metadata,
    Column("org_id", String, nullable=False),
    Column("hook", String, nullable=False),
    # What the event is about. The events of one subject are handled in their order.
    Column("subject", String, nullable=False),
    # The place in the feed: the position of the commit, and which one it is in there.
    Column("position", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("stream", String, nullable=False),
    Column("seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "hook", "subject", "position", "number"),
    sqlite_with_rowid=False,
)
