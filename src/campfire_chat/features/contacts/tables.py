"""The tables of contacts."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from campfire_chat.database.tables import metadata

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
    PrimaryKeyConstraint("org_id", "contact_id"),
    UniqueConstraint("org_id", "external_id"),
)
