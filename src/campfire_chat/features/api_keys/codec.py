"""API keys to rows, and back."""

from __future__ import annotations

from typing import Any

import msgspec

from campfire_chat.access.records import Participant
from campfire_chat.core.clock import rfc3339, rfc3339_or_none
from campfire_chat.features.api_keys.records import ApiKeyRecord
from campfire_chat.features.api_keys.rules import ApiKey

_encode = msgspec.json.Encoder().encode
_names = msgspec.json.Decoder(tuple[str, ...]).decode
_participant = msgspec.json.Decoder(Participant).decode


def values_of(key: ApiKey) -> dict[str, Any]:
    """The columns of a key."""
    labels = key.access_labels
    return {
        "org_id": key.organization,
        "key_id": key.id,
        "name": key.name,
        "permissions": _encode(key.permissions).decode(),
        "access_labels": None if labels is None else _encode(sorted(labels)).decode(),
        "digest": key.digest,
        "previous_digest": key.previous_digest,
        "previous_until": key.previous_until,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "rotated_at": key.rotated_at,
        "created_at": key.created_at,
        "created_by": _encode(key.created_by).decode(),
    }


def key_of(row: Any) -> ApiKey:
    labels = row["access_labels"]
    return ApiKey(
        organization=row["org_id"],
        id=row["key_id"],
        name=row["name"],
        permissions=_names(row["permissions"]),
        access_labels=None if labels is None else frozenset(_names(labels)),
        digest=row["digest"],
        previous_digest=row["previous_digest"],
        previous_until=row["previous_until"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        rotated_at=row["rotated_at"],
        created_at=row["created_at"],
        created_by=_participant(row["created_by"]),
    )


def record_of(key: ApiKey, now: int) -> ApiKeyRecord:
    until = key.previous_until
    return ApiKeyRecord(
        id=key.id,
        name=key.name,
        permissions=list(key.permissions),
        created_at=rfc3339(key.created_at),
        created_by=key.created_by,
        expires_at=rfc3339_or_none(key.expires_at),
        rotated_at=rfc3339_or_none(key.rotated_at),
        previous_until=None if until is None or until <= now else rfc3339(until),
        last_used_at=rfc3339_or_none(key.last_used_at),
    )
