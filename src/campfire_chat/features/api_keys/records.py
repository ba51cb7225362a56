"""API keys, as they go over the wire."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.access.records import Participant
from campfire_chat.core.scalars import Timestamp


class ApiKeyRecord(Struct, frozen=True, kw_only=True):
    """An API key, without its secret.

    Attributes:
        permissions: The names of what it may do, sorted.
        created_by: The agent who created it.
        expires_at: When it ends; null if it does not.
        rotated_at: When it got its present secret; null if that is its first one.
        previous_until: Until when the secret before is valid too; null if none is.
        last_used_at: When it was used last, give or take an hour; null if it never was.
    """

    id: str
    name: str
    permissions: list[str]
    created_at: Timestamp
    created_by: Participant
    expires_at: Timestamp | None
    rotated_at: Timestamp | None
    previous_until: Timestamp | None
    last_used_at: Timestamp | None


class ApiKeySecret(Struct, frozen=True, kw_only=True):
    """An API key with its secret, which is shown only this once."""

    key: ApiKeyRecord
    secret: str


class GrantablePermission(Struct, frozen=True, kw_only=True):
    """A permission that the caller may give to an API key."""

    name: str
    allows: str
