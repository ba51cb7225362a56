"""The tables of webhooks, their deliveries, and the attempts of these."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text
from sqlalchemy import text as sql

from campfire_chat.database.tables import metadata

webhooks = Table(
    "campfire_webhooks",
    metadata,
    Column("org_id", String, nullable=False),
    Column("webhook_id", String, nullable=False),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    # A JSON list of types of events; NULL for all of them.
    Column("events", Text),
    # Which texts of messages are sent: none, public, all.
    Column("text_choice", String, nullable=False),
    Column("state", String, nullable=False),
    Column("pause_reason", String),
    Column("paused_at", BigInteger),
    Column("secret", String, nullable=False),
    # The secret before the last rotation, and until when it signs as well.
    Column("old_secret", String),
    Column("old_secret_until", BigInteger),
    # Attempts that have failed since the last success, and since when.
    Column("failures", Integer, nullable=False),
    Column("failing_since", BigInteger),
    # Nothing is sent before this time.
    Column("hold_until", BigInteger),
    # The job that sends now, and until when no other one may.
    Column("sender", String),
    Column("sender_until", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "webhook_id"),
)

deliveries = Table(
    "campfire_webhook_deliveries",
    metadata,
    Column("org_id", String, nullable=False),
    Column("webhook_id", String, nullable=False),
    Column("delivery_id", String, nullable=False),
    # The header webhook-id.
    Column("message_id", String, nullable=False),
    Column("event", String, nullable=False),
    # What the event is about, such as a conversation.
    Column("subject", String, nullable=False),
    # The event in the log; NULL for a test event.
    Column("stream", String),
    Column("seq", BigInteger),
    # When the event happened, and when the delivery was made.
    Column("at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    # Attempts in all, and since the delivery was made or replayed.
    Column("attempts", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    # When it is tried next; NULL unless it waits.
    Column("next_at", BigInteger),
    Column("status", Integer),
    Column("error", Text),
    Column("finished_at", BigInteger),
    PrimaryKeyConstraint("org_id", "webhook_id", "delivery_id"),
    Index(
        "campfire_webhook_deliveries_due",
        "org_id",
        "webhook_id",
        "next_at",
        sqlite_where=sql("next_at IS NOT NULL"),
        postgresql_where=sql("next_at IS NOT NULL"),
    ),
    Index("campfire_webhook_deliveries_state", "org_id", "webhook_id", "state", "delivery_id"),
    Index("campfire_webhook_deliveries_age", "created_at"),
)

attempts = Table(
    "campfire_webhook_attempts",
    metadata,
    Column("org_id", String, nullable=False),
    Column("webhook_id", String, nullable=False),
    Column("delivery_id", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    # Milliseconds until the answer or the failure.
    Column("duration", Integer, nullable=False),
    Column("status", Integer),
    Column("error", Text),
    # The first KiB of the answer's body.
    Column("response", Text),
    PrimaryKeyConstraint("org_id", "webhook_id", "delivery_id", "number"),
    Index("campfire_webhook_attempts_age", "at"),
)
