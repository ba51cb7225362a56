"""What an API key is, who may make one with what, and which secrets it accepts."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from campfire_chat.access.actor import Actor, Principal
from campfire_chat.access.errors import TokenExpiredError
from campfire_chat.access.permissions import Permission, known_permission
from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.core import text
from campfire_chat.core.clock import SECOND
from campfire_chat.core.errors import ForbiddenError, InvalidError

MAX_NAME = 100
#: API keys of one organisation.
MOST_KEYS = 100
#: Seconds for which the old secret may stay valid after a rotation.
LONGEST_OVERLAP = 30 * 86400
DEFAULT_OVERLAP = 86400
#: Microseconds between two writes of when a key was used.
USED_EVERY = 3600 * SECOND


class ApiKey(Struct, frozen=True, kw_only=True):
    """An API key as it is stored. Times are microseconds since 1970.

    Attributes:
        permissions: The names of what it may do. A later version may know others.
        access_labels: Narrows what it sees; None: it sees everything in the organisation.
        digest: That of its secret; see :func:`campfire_chat.access.api_keys.digest`.
        previous_digest: That of the secret before, which is valid until ``previous_until``.
    """

    organization: str
    id: str
    name: str
    permissions: tuple[str, ...]
    access_labels: frozenset[str] | None
    digest: str
    previous_digest: str | None = None
    previous_until: int | None = None
    expires_at: int | None = None
    last_used_at: int | None = None
    rotated_at: int | None = None
    created_at: int
    created_by: Participant

    @property
    def allowed(self) -> frozenset[Permission]:
        """What it may do, of the permissions that this version knows."""
        found = (known_permission(name) for name in self.permissions)
        return frozenset(one for one in found if one is not None and one.keys)

    @property
    def actor(self) -> Actor:
        principal = Principal(kind=SenderKind.API_KEY, id=self.id, name=self.name)
        return Actor(self.organization, principal, self.allowed, self.access_labels)


def check_name(name: str) -> str:
    """
    Raises:
        InvalidError: It is empty, too long or of several lines.
    """
    return text.check_line(name, field="name", limit=MAX_NAME)


def check_permissions(actor: Actor, names: Sequence[str]) -> tuple[str, ...]:
    """The permissions of a new key, sorted.

    Raises:
        InvalidError: There are none, or one that no key may have.
        ForbiddenError: The caller does not have one of them.
    """
    if not names:
        raise InvalidError("A key needs at least one permission.", field="permissions")
    for name in names:
        found = known_permission(name)
        if found is None or not found.keys:
            raise InvalidError(
                f"No API key can have the permission {name[:64]!r}.", field="permissions"
            )
        if found not in actor.permissions:
            raise ForbiddenError(f"You cannot give the permission {name}, which you do not have.")
    return tuple(sorted(set(names)))


def check_expiry(expires_at: int | None, now: int) -> int | None:
    """
    Raises:
        InvalidError: It is not in the future.
    """
    if expires_at is not None and expires_at <= now:
        raise InvalidError("The key would have ended already.", field="expires_at")
    return expires_at


def require_covers(actor: Actor, key: ApiKey) -> None:
    """Whoever rotates a key sees its secret, so the key must not do more than they may.

    Raises:
        ForbiddenError: It does.
    """
    lacking = key.allowed - actor.permissions
    wider = actor.labels is not None and (
        key.access_labels is None or not key.access_labels <= actor.labels
    )
    if lacking or wider:
        raise ForbiddenError("This key may do more than you. Only its revocation is left to you.")


def matches(key: ApiKey, digests: Iterable[str], now: int) -> bool:
    """Whether one of the digests of a secret, which the caller has shown, is the key's.

    Every comparison takes the same time wherever the texts differ.

    Raises:
        TokenExpiredError: The secret is the right one, but the key has expired, or the secret was
            replaced by a rotation and the overlap is over.
    """
    shown = tuple(digests)
    current = _among(key.digest, shown)
    previous = key.previous_digest is not None and _among(key.previous_digest, shown)
    if not current and not previous:
        return False
    if key.expires_at is not None and key.expires_at <= now:
        raise TokenExpiredError("The API key has expired.")
    if not current and (key.previous_until is None or key.previous_until <= now):
        raise TokenExpiredError("The API key was rotated. Use its new secret.")
    return True


def _among(digest: str, shown: Collection[str]) -> bool:
    return any(hmac.compare_digest(digest, one) for one in shown)


def narrowed(labels: frozenset[str] | None, more: frozenset[str] | None) -> frozenset[str] | None:
    """The labels of somebody whom both narrow."""
    if labels is None or more is None:
        return more if labels is None else labels
    return labels & more
