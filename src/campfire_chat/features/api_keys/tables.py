"""The table of API keys."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, String, Table, Text

from campfire_chat.database.tables import metadata

api_keys = Table(
    "campfire_api_keys",
    metadata,
    Column("org_id", String, nullable=False),
    Column("key_id", String, nullable=False),
    Column("name", String, nullable=False),
    # Names of permissions, as a JSON list.
    Column("permissions", Text, nullable=False),
    # A JSON list, which may be empty; null if whoever created the key was not narrowed.
    Column("access_labels", Text),
    Column("digest", String, nullable=False),
    # The secret before the last rotation, and until when it is valid.
    Column("previous_digest", String),
    Column("previous_until", BigInteger),
    Column("expires_at", BigInteger),
    Column("last_used_at", BigInteger),
    Column("rotated_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    PrimaryKeyConstraint("org_id", "key_id"),
    # A request shows a key before anybody knows whose it is.
    Index("campfire_api_keys_id", "key_id"),
)
