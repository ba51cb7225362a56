"""The table of mentions."""

from __future__ import annotations

from sqlalchemy import Column, PrimaryKeyConstraint, String, Table

from campfire_chat.database.tables import metadata

mentions = Table(
    "campfire_mentions",
    metadata,
    Column("org_id", String, nullable=False),
    Column("message_id", String, nullable=False),
    # An agent or a team, as the beginning of the id says.
    Column("mentioned_id", String, nullable=False),
    PrimaryKeyConstraint("org_id", "message_id", "mentioned_id"),
)
