"""The tables of tags."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from campfire_chat.database.tables import metadata

tags = Table(
    "campfire_tags",
    metadata,
    Column("org_id", String, nullable=False),
    Column("tag_id", String, nullable=False),
    Column("name", String, nullable=False),
    # The name as it is compared.
    Column("folded", String, nullable=False),
    Column("color", String, nullable=False),
    Column("description", Text, nullable=False),
    Column("created_by", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_by", String, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "tag_id"),
    UniqueConstraint("org_id", "folded"),
)

#: Names that conversations may still say, while a job gives all of them the present one.
former_tag_names = Table(
    "campfire_former_tag_names",
    metadata,
    Column("org_id", String, nullable=False),
    Column("folded", String, nullable=False),
    # The tag that it stands for now; null if that was deleted.
    Column("tag_id", String),
    # The rewriting that removes it in the end.
    Column("rewrite_id", String, nullable=False),
    PrimaryKeyConstraint("org_id", "folded"),
)

#: Which conversations have a tag: for lists and counts. What a conversation shows, and in which
#: order, is in its own row.
conversation_tags = Table(
    "campfire_conversation_tags",
    metadata,
    Column("org_id", String, nullable=False),
    Column("tag_id", String, nullable=False),
    Column("conversation_id", String, nullable=False),
    PrimaryKeyConstraint("org_id", "tag_id", "conversation_id"),
    # With the tag, so that the row itself is not read.
    Index("campfire_conversation_tags_conversation", "org_id", "conversation_id", "tag_id"),
)
