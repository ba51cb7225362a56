"""The table of saved replies."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from campfire_chat.database.tables import metadata

#: Stands for everybody where an agent's id would be: NULLs are never equal, so a shortcut could be
#: there twice.
EVERYBODY: Final = ""

saved_replies = Table(
    "campfire_saved_replies",
    metadata,
    Column("org_id", String, nullable=False),
    Column("saved_reply_id", String, nullable=False),
    Column("owner_id", String, nullable=False),
    Column("shortcut", String, nullable=False),
    Column("title", String, nullable=False),
    Column("body", Text, nullable=False),
    # The folded words of the three, for the search.
    Column("words", Text, nullable=False),
    Column("created_by", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_by", String, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "saved_reply_id"),
    UniqueConstraint("org_id", "owner_id", "shortcut"),
)
