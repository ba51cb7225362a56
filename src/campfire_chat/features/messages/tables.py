"""The tables of messages."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from campfire_chat.database.tables import metadata

messages = Table(
    "campfire_messages",
    metadata,
    Column("org_id", String, nullable=False),
    Column("conversation_id", String, nullable=False),
    Column("visibility", String, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("message_id", String, nullable=False),
    # Sender and client id together, so that one lookup shows whether it was stored before.
    Column("client_key", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("sender_kind", String, nullable=False),
    Column("sender_id", String, nullable=False),
    Column("sender_name", String),
    Column("sender_avatar_url", String),
    Column("kind", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("reply_to", String),
    Column("edited_at", BigInteger),
    Column("deleted_at", BigInteger),
    Column("redacted_at", BigInteger),
    # A page of a thread is one range of this key, and so are the messages between two marks.
    PrimaryKeyConstraint("org_id", "conversation_id", "visibility", "seq"),
    UniqueConstraint("org_id", "message_id"),
    UniqueConstraint("org_id", "client_key"),
)


message_versions = Table(
    "campfire_message_versions",
    metadata,
    Column("org_id", String, nullable=False),
    Column("message_id", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("body", Text, nullable=False),
    # When this text was written; the next version, or the message, says until when it stood.
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "message_id", "number"),
)


message_originals = Table(
    "campfire_message_originals",
    metadata,
    Column("org_id", String, nullable=False),
    # As in the table of messages.
    Column("client_key", String, nullable=False),
    # Of the text that was sent, with a key: the text itself is not to be kept.
    Column("digest", String, nullable=False),
    PrimaryKeyConstraint("org_id", "client_key"),
)
