"""Rows of webhooks to records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from campfire_chat.core import clock
from campfire_chat.features.webhooks.records import (
    AttemptRecord,
    DeliveryRecord,
    DeliveryState,
    PauseReason,
    TextChoice,
    WebhookRecord,
    WebhookState,
)

_events = msgspec.json.Decoder(list[str]).decode


class Webhook(Struct, frozen=True, kw_only=True):
    """A webhook as the rules and the sending see it; times in microseconds since 1970.

    Attributes:
        secrets: Those that sign, the newest first.
        failures: Attempts that have failed since the last success.
        hold_until: Nothing is sent before this time.
        sender: The job that sends now.
    """

    id: str
    url: str
    description: str
    events: frozenset[str] | None
    text: TextChoice
    state: WebhookState
    pause_reason: PauseReason | None
    paused_at: int | None
    secret: str
    old_secret: str | None
    old_secret_until: int | None
    failures: int
    failing_since: int | None
    hold_until: int | None
    sender: str | None
    sender_until: int | None
    created_at: int
    updated_at: int

    def wants(self, event: str) -> bool:
        """Whether it records events of that type."""
        if self.state is WebhookState.DISABLED:
            return False
        return self.events is None or event in self.events

    def secrets_at(self, now: int) -> list[str]:
        """The secrets that sign at that time, the newest first."""
        if self.old_secret is None or (self.old_secret_until or 0) <= now:
            return [self.secret]
        return [self.secret, self.old_secret]


def webhook_of(row: Mapping[str, Any]) -> Webhook:
    return Webhook(
        id=row["webhook_id"],
        url=row["url"],
        description=row["description"],
        events=None if row["events"] is None else frozenset(_events(row["events"])),
        text=TextChoice(row["text_choice"]),
        state=WebhookState(row["state"]),
        pause_reason=None if row["pause_reason"] is None else PauseReason(row["pause_reason"]),
        paused_at=row["paused_at"],
        secret=row["secret"],
        old_secret=row["old_secret"],
        old_secret_until=row["old_secret_until"],
        failures=row["failures"],
        failing_since=row["failing_since"],
        hold_until=row["hold_until"],
        sender=row["sender"],
        sender_until=row["sender_until"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def events_text(events: list[str] | None) -> str | None:
    """Types of events as the table keeps them."""
    return None if events is None else msgspec.json.encode(events).decode()


def record_of(webhook: Webhook, now: int) -> WebhookRecord:
    """A webhook for people; its secrets stay here."""
    until = webhook.old_secret_until
    return WebhookRecord(
        id=webhook.id,
        url=webhook.url,
        description=webhook.description,
        events=None if webhook.events is None else sorted(webhook.events),
        text=webhook.text,
        state=webhook.state,
        pause_reason=webhook.pause_reason,
        paused_at=clock.rfc3339_or_none(webhook.paused_at),
        failing_since=clock.rfc3339_or_none(webhook.failing_since),
        old_secret_until=clock.rfc3339(until) if until is not None and until > now else None,
        created_at=clock.rfc3339(webhook.created_at),
        updated_at=clock.rfc3339(webhook.updated_at),
    )


class Delivery(Struct, frozen=True, kw_only=True):
    """A delivery as the sending sees it; times in microseconds since 1970.

    Attributes:
        stream: None for a test event.
        tries: Attempts since it was made or replayed.
    """

    id: str
    webhook_id: str
    message_id: str
    event: str
    subject: str
    stream: str | None
    seq: int | None
    at: int
    created_at: int
    state: DeliveryState
    attempts: int
    tries: int
    next_at: int | None
    status: int | None
    error: str | None
    finished_at: int | None


def delivery_of(row: Mapping[str, Any]) -> Delivery:
    return Delivery(
        id=row["delivery_id"],
        webhook_id=row["webhook_id"],
        message_id=row["message_id"],
        event=row["event"],
        subject=row["subject"],
        stream=row["stream"],
        seq=row["seq"],
        at=row["at"],
        created_at=row["created_at"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        tries=row["tries"],
        next_at=row["next_at"],
        status=row["status"],
        error=row["error"],
        finished_at=row["finished_at"],
    )


def delivery_record(delivery: Delivery) -> DeliveryRecord:
    return DeliveryRecord(
        id=delivery.id,
        webhook_id=delivery.webhook_id,
        message_id=delivery.message_id,
        event=delivery.event,
        state=delivery.state,
        attempts=delivery.attempts,
        status=delivery.status,
        error=delivery.error,
        created_at=clock.rfc3339(delivery.created_at),
        next_at=clock.rfc3339_or_none(delivery.next_at),
        finished_at=clock.rfc3339_or_none(delivery.finished_at),
    )


def attempt_of(row: Mapping[str, Any]) -> AttemptRecord:
    return AttemptRecord(
        number=row["number"],
        at=clock.rfc3339(row["at"]),
        duration_ms=row["duration"],
        status=row["status"],
        error=row["error"],
        response=row["response"],
    )
