"""Writing API keys. None of these can be repeated by a client id: a secret is shown once."""

from __future__ import annotations

from msgspec import UNSET, UnsetType, structs
from sqlalchemy import delete, insert, or_, update

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.core import clock
from campfire_chat.core.clock import SECOND
from campfire_chat.core.errors import NotFoundError
from campfire_chat.features.api_keys import queries
from campfire_chat.features.api_keys.codec import values_of
from campfire_chat.features.api_keys.errors import TooManyKeysError
from campfire_chat.features.api_keys.events import (
    API_KEY_CREATED,
    API_KEY_REVOKED,
    API_KEY_ROTATED,
    ApiKeyChanged,
)
from campfire_chat.features.api_keys.permissions import API_KEYS_MANAGE
from campfire_chat.features.api_keys.rules import (
    MOST_KEYS,
    USED_EVERY,
    ApiKey,
    check_expiry,
    require_covers,
)
from campfire_chat.features.api_keys.tables import api_keys
from campfire_chat.ledger.events import EventType
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction

_k = api_keys.c


class CreateApiKey(Operation[ApiKey]):
    """Store a new key. What it may do was checked by ``check_permissions``."""

    def __init__(self, actor: Actor, key: ApiKey) -> None:
        super().__init__(actor)
        self._key = key

    async def run(self, transaction: Transaction) -> ApiKey:
        require(self.actor, API_KEYS_MANAGE)
        now = transaction.now
        key = structs.replace(
            self._key, created_at=now, expires_at=check_expiry(self._key.expires_at, now)
        )
        there = await queries.of_organization(transaction.session, self.organization)
        if len(there) >= MOST_KEYS:
            raise TooManyKeysError()
        await transaction.session.execute(insert(api_keys).values(**values_of(key)))
        _tell(transaction, self.actor, API_KEY_CREATED, key)
        return key


class RotateApiKey(Operation[ApiKey]):
    """Give a key a new secret.

    Args:
        digest: That of the new secret.
        overlap: Seconds for which the old secret stays valid.
        expires_at: When the key ends, in microseconds since 1970, or None; UNSET: as before.
    """

    def __init__(
        self,
        actor: Actor,
        key_id: str,
        *,
        digest: str,
        overlap: int,
        expires_at: int | UnsetType | None,
    ) -> None:
        super().__init__(actor)
        self._key_id = key_id
        self._digest = digest
        self._overlap = overlap
        self._expires_at = expires_at

    async def run(self, transaction: Transaction) -> ApiKey:
        require(self.actor, API_KEYS_MANAGE)
        now = transaction.now
        before = await _find(transaction, self.organization, self._key_id)
        require_covers(self.actor, before)
        expires_at = before.expires_at if self._expires_at is UNSET else self._expires_at
        key = structs.replace(
            before,
            digest=self._digest,
            previous_digest=before.digest if self._overlap else None,
            previous_until=now + self._overlap * SECOND if self._overlap else None,
            rotated_at=now,
            expires_at=check_expiry(expires_at, now),
        )
        await transaction.session.execute(
            update(api_keys)
            .where(_k.org_id == self.organization, _k.key_id == key.id)
            .values(**values_of(key))
        )
        _tell(transaction, self.actor, API_KEY_ROTATED, key)
        return key


class RevokeApiKey(Operation[ApiKey]):
    """Remove a key. Every process reads the key for each request, so it ends at once."""

    def __init__(self, actor: Actor, key_id: str) -> None:
        super().__init__(actor)
        self._key_id = key_id

    async def run(self, transaction: Transaction) -> ApiKey:
        require(self.actor, API_KEYS_MANAGE)
        key = await _find(transaction, self.organization, self._key_id)
        await transaction.session.execute(
            delete(api_keys).where(_k.org_id == self.organization, _k.key_id == key.id)
        )
        _tell(transaction, self.actor, API_KEY_REVOKED, key)
        return key


class NoteUse(Operation[None]):
    """Note when a key was used, and keep its secret under the newest secret key.

    Args:
        before: The digest that is stored.
        digest: The digest of the same secret under the newest secret key.
    """

    appends = False

    def __init__(self, actor: Actor, key_id: str, *, before: str, digest: str) -> None:
        super().__init__(actor)
        self._key_id = key_id
        self._before = before
        self._digest = digest

    async def run(self, transaction: Transaction) -> None:
        mine = (_k.org_id == self.organization, _k.key_id == self._key_id)
        session, now = transaction.session, transaction.now
        long_ago = or_(_k.last_used_at.is_(None), _k.last_used_at <= now - USED_EVERY)
        await session.execute(update(api_keys).where(*mine, long_ago).values(last_used_at=now))
        if self._before != self._digest:
            for column in (_k.digest, _k.previous_digest):
                await session.execute(
                    update(api_keys)
                    .where(*mine, column == self._before)
                    .values({column.name: self._digest})
                )


async def _find(transaction: Transaction, organization: str, key_id: str) -> ApiKey:
    found = await queries.find(transaction.session, organization, key_id)
    if found is None:
        raise NotFoundError("There is no such API key.")
    return found


def _tell(transaction: Transaction, actor: Actor, event: EventType, key: ApiKey) -> None:
    data = ApiKeyChanged(
        id=key.id,
        name=key.name,
        permissions=list(key.permissions),
        expires_at=clock.rfc3339_or_none(key.expires_at),
        actor=actor.principal.participant,
    )
    transaction.tell_inbox(actor.organization, event, data)
