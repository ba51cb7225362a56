"""The tables of contacts."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from campfire_chat.database.tables import metadata

#: Texts that are compared by their characters alone, whatever language the database was made for:
#: what begins with a word lies in one range.
_BY_CHARACTER: Final = String().with_variant(String(collation="C"), "postgresql")

contacts = Table(
    "campfire_contacts",
    metadata,
    Column("org_id", String, nullable=False),
    Column("contact_id", String, nullable=False),
    Column("external_id", String),
    Column("verified", Boolean, nullable=False),
    Column("name", String),
    Column("email", String),
    Column("avatar_url", String),
    Column("created_at", BigInteger, nullable=False),
    # 0: was never here.
    Column("last_seen_at", BigInteger, nullable=False, server_default="0"),
    # The name as lists are sorted by it. The default stands after every name.
    Column("sort_name", _BY_CHARACTER, nullable=False, server_default="\U0010ffff"),
    # What the search finds, each after a space.
    Column("words", Text, nullable=False, server_default=""),
    # JSON: the values of attributes, by their keys.
    Column("attributes", Text, nullable=False, server_default="{}"),
    Column("blocked", Boolean, nullable=False, server_default=false()),
    PrimaryKeyConstraint("org_id", "contact_id"),
    UniqueConstraint("org_id", "external_id"),
    Index("campfire_contacts_seen", "org_id", "last_seen_at", "contact_id"),
    Index("campfire_contacts_name", "org_id", "sort_name", "contact_id"),
    Index("campfire_contacts_created", "org_id", "created_at", "contact_id"),
)

#: The words of contacts once more, so that those that begin with some letters are one range.
contact_words = Table(
    "campfire_contact_words",
    metadata,
    Column("org_id", String, nullable=False),
    Column("word", _BY_CHARACTER, nullable=False),
    Column("contact_id", String, nullable=False),
    PrimaryKeyConstraint("org_id", "word", "contact_id"),
    sqlite_with_rowid=False,
)

#: The values of attributes once more, as texts that sort as they do, so that lists find them.
contact_values = Table(
    "campfire_contact_values",
    metadata,
    Column("org_id", String, nullable=False),
    Column("contact_id", String, nullable=False),
    Column("attribute", String, nullable=False),
    Column("value", _BY_CHARACTER, nullable=False),
    PrimaryKeyConstraint("org_id", "contact_id", "attribute"),
    Index("campfire_contact_values_found", "org_id", "attribute", "value", "contact_id"),
)

#: What happened to a contact, for the timeline.
contact_changes = Table(
    "campfire_contact_changes",
    metadata,
    Column("org_id", String, nullable=False),
    Column("contact_id", String, nullable=False),
    Column("change_id", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", String, nullable=False),
    # JSON: who did it.
    Column("actor", Text, nullable=False),
    # JSON: what was changed, from what to what.
    Column("fields", Text, nullable=False),
    # In the order in which a timeline is read.
    PrimaryKeyConstraint("org_id", "contact_id", "at", "change_id"),
)
