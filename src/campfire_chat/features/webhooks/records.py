"""Webhooks and their deliveries, as they go over the wire."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from campfire_chat.core.scalars import Timestamp


class WebhookState(StrEnum):
    """A paused webhook keeps what happens until it is active again. A disabled one does not."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


class PauseReason(StrEnum):
    """Why a webhook is paused: by a person, by the answer 410, or after days of failures."""

    MANUAL = "manual"
    GONE = "gone"
    FAILING = "failing"


class TextChoice(StrEnum):
    """Which texts a webhook sends: none, those of public messages, or those of notes too."""

    NONE = "none"
    PUBLIC = "public"
    ALL = "all"


class DeliveryState(StrEnum):
    """A failed delivery is tried again only when somebody replays it. A dropped one was removed
    from the event log before it could be sent."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


class WebhookRecord(Struct, frozen=True, kw_only=True):
    """A webhook of the organisation.

    Attributes:
        url: Where it sends.
        events: The types of events that it sends; null for all of them.
        text: Which texts of messages it sends.
        pause_reason: Why it is paused; null unless it is.
        failing_since: Since when every attempt has failed; null after a success.
        old_secret_until: Until when deliveries are also signed with the secret before the last
            rotation; null if they are not.
    """

    id: str
    url: str
    description: str
    events: list[str] | None
    text: TextChoice
    state: WebhookState
    pause_reason: PauseReason | None
    paused_at: Timestamp | None
    failing_since: Timestamp | None
    old_secret_until: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp


class WebhookWithSecret(WebhookRecord, frozen=True, kw_only=True):
    """A webhook right after it got a secret, which no later request shows again.

    Attributes:
        secret: Signs the deliveries; ``whsec_`` and then base64.
    """

    secret: str


class DeliveryRecord(Struct, frozen=True, kw_only=True):
    """One event for one webhook.

    Attributes:
        message_id: The header ``webhook-id``: the same at every attempt and replay.
        event: The type of the event.
        attempts: How often it was tried.
        status: The HTTP status of the last answer; null if there was none.
        error: Why the last attempt failed; null if it has not.
        next_at: When it will be tried next; null unless it waits.
        finished_at: When it was delivered or given up; null while it waits.
    """

    id: str
    webhook_id: str
    message_id: str
    event: str
    state: DeliveryState
    attempts: int
    status: int | None
    error: str | None
    created_at: Timestamp
    next_at: Timestamp | None
    finished_at: Timestamp | None


class AttemptRecord(Struct, frozen=True, kw_only=True):
    """One attempt to deliver.

    Attributes:
        number: 1 for the first.
        duration_ms: Milliseconds until the answer or the failure.
        status: The HTTP status of the answer; null if there was none.
        error: Why it failed; null if it has not.
        response: The first KiB of the answer's body; null if there was no answer.
    """

    number: int
    at: Timestamp
    duration_ms: int
    status: int | None
    error: str | None
    response: str | None


class DeliveryDetails(DeliveryRecord, frozen=True, kw_only=True):
    """A delivery with what is sent, and each attempt.

    Attributes:
        body: The JSON that is sent, as it would be sent now: a text that was deleted since is not
            in it. Null if the event was removed from the event log.
        log: The attempts, the first one first.
    """

    body: str | None
    log: list[AttemptRecord]
