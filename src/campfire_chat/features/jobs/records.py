"""Jobs, as they go over the wire."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from campfire_chat.core.scalars import Timestamp


class JobState(StrEnum):
    """A parked job has failed for good. It is tried again only when somebody says so."""

    WAITING = "waiting"
    RUNNING = "running"
    PARKED = "parked"


class JobRecord(Struct, frozen=True, kw_only=True):
    """A job of the organisation. What it is about is not told: that may be personal.

    Attributes:
        kind: What it does, such as ``conversation.wake``.
        attempts: How often it was tried.
        error: Why the last attempt failed; null if none has.
        due_at: When it will be tried next; null unless it waits.
        parked_at: When it failed for good; null unless it is parked.
    """

    id: str
    kind: str
    state: JobState
    attempts: int
    error: str | None
    created_at: Timestamp
    due_at: Timestamp | None
    parked_at: Timestamp | None
