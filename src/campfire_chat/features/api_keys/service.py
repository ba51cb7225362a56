"""API keys: managing them, and letting them in."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from msgspec import UnsetType, structs

from campfire_chat.access import api_keys
from campfire_chat.access.actor import Actor, system_actor
from campfire_chat.access.errors import TokenInvalidError
from campfire_chat.access.identity import Credentials, HostSession, Tokens
from campfire_chat.access.permissions import all_permissions
from campfire_chat.access.policy import can, require
from campfire_chat.core import ids
from campfire_chat.core.clock import SECOND
from campfire_chat.core.errors import (
    ConfigurationError,
    NotFoundError,
    UnavailableError,
)
from campfire_chat.features.agents.service import AgentService
from campfire_chat.features.api_keys import queries, rules
from campfire_chat.features.api_keys.codec import record_of
from campfire_chat.features.api_keys.errors import UnknownAgentError
from campfire_chat.features.api_keys.operations import (
    CreateApiKey,
    NoteUse,
    RevokeApiKey,
    RotateApiKey,
)
from campfire_chat.features.api_keys.permissions import AGENTS_IMPERSONATE, API_KEYS_MANAGE
from campfire_chat.features.api_keys.records import (
    ApiKeyRecord,
    ApiKeySecret,
    GrantablePermission,
)
from campfire_chat.features.api_keys.rules import ApiKey
from campfire_chat.ledger.storage import Storage

logger = logging.getLogger("campfire_chat.access")


class ApiKeyService:
    """See the module. A key belongs to the organisation, not to the agent who created it."""

    def __init__(
        self, storage: Storage, agents: AgentService, tokens: Tokens, host: HostSession
    ) -> None:
        self._storage = storage
        self._agents = agents
        self._tokens = tokens
        self._host = host

    # Managing.

    async def list_all(self, actor: Actor) -> list[ApiKeyRecord]:
        """The keys of the organisation, the newest first.

        Raises:
            ForbiddenError: The caller may not manage API keys.
        """
        require(actor, API_KEYS_MANAGE)
        found = await self._storage.read(
            lambda session: queries.of_organization(session, actor.organization)
        )
        now = self._storage.now()
        return [record_of(key, now) for key in found]

    def grantable(self, actor: Actor) -> list[GrantablePermission]:
        """What the caller may give to a key.

        Raises:
            ForbiddenError: The caller may not manage API keys.
        """
        require(actor, API_KEYS_MANAGE)
        return [
            GrantablePermission(name=one.name, allows=one.allows)
            for one in all_permissions()
            if one.keys and can(actor, one)
        ]

    async def create(
        self, actor: Actor, *, name: str, permissions: Sequence[str], expires_at: int | None
    ) -> ApiKeySecret:
        """A new key, which has no more permissions than the caller, and sees no more.

        Args:
            expires_at: When it ends, in microseconds since 1970; None: it does not end.

        Raises:
            ForbiddenError: The caller may not manage API keys, or lacks one of the permissions.
            InvalidError: Name, permissions or expiry are none that a key may have.
            TooManyKeysError: The organisation has too many.
        """
        require(actor, API_KEYS_MANAGE)
        key_id = ids.new(ids.API_KEY)
        secret = api_keys.make(key_id)
        key = ApiKey(
            organization=actor.organization,
            id=key_id,
            name=rules.check_name(name),
            permissions=rules.check_permissions(actor, permissions),
            access_labels=actor.labels,
            digest=self._tokens.digests(secret)[0],
            expires_at=rules.check_expiry(expires_at, self._storage.now()),
            created_at=self._storage.now(),
            created_by=actor.principal.participant,
        )
        stored = await self._storage.submit(CreateApiKey(actor, key))
        return ApiKeySecret(key=record_of(stored, self._storage.now()), secret=secret)

    async def rotate(
        self, actor: Actor, key_id: str, *, overlap: int, expires_at: int | UnsetType | None
    ) -> ApiKeySecret:
        """Give a key a new secret. The old one stays valid for ``overlap`` seconds.

        Raises:
            ForbiddenError: The caller may not manage API keys, or the key may do more than they.
            NotFoundError: The organisation has no such key.
            InvalidError: The key would have expired.
        """
        require(actor, API_KEYS_MANAGE)
        secret = api_keys.make(key_id)
        operation = RotateApiKey(
            actor,
            key_id,
            digest=self._tokens.digests(secret)[0],
            overlap=overlap,
            expires_at=expires_at,
        )
        stored = await self._storage.submit(operation)
        return ApiKeySecret(key=record_of(stored, self._storage.now()), secret=secret)

    async def revoke(self, actor: Actor, key_id: str) -> ApiKeyRecord:
        """End a key at once, and return it as it was.

        Raises:
            ForbiddenError: The caller may not manage API keys.
            NotFoundError: The organisation has no such key.
        """
        require(actor, API_KEYS_MANAGE)
        found = await self._storage.submit(RevokeApiKey(actor, key_id))
        return record_of(found, self._storage.now())

    # Letting in.

    async def credentials(self, api_key: str, agent: str | None) -> Credentials:
        """See :class:`campfire_chat.access.authentication.KeyAuthentication`.

        The key is read for every request, so that a revocation counts at once in every process.
        """
        key_id = api_keys.id_of(api_key)
        if key_id is None:
            raise TokenInvalidError("This is not an API key: some of it is missing or changed.")
        found = await self._storage.read(lambda session: queries.shown(session, key_id))
        digests = self._tokens.digests(api_key)
        if found is None or not rules.matches(found, digests, self._storage.now()):
            raise TokenInvalidError("There is no such API key. It may have been revoked.")
        await self._note_use(found, digests)
        own = found.actor
        actor = own if agent is None else await self._as_agent(found, agent)
        expires_at = None if found.expires_at is None else found.expires_at / SECOND
        return Credentials(actor, ambient=False, expires_at=expires_at, api_key=own)

    async def _as_agent(self, key: ApiKey, external_id: str) -> Actor:
        """An agent, with what both the agent and the key may do and see.

        Raises:
            ForbiddenError: The key may not act as an agent.
            UnknownAgentError: There is no such agent.
        """
        require(key.actor, AGENTS_IMPERSONATE)
        try:
            agent = await self._agents.described(key.organization, external_id)
        except NotFoundError:
            raise UnknownAgentError() from None
        try:
            actor = await self._host.actor_of_agent(agent)
        except ConfigurationError as error:
            # Such as a role that the host app no longer declares.
            raise UnknownAgentError(error.message) from None
        return structs.replace(
            actor,
            permissions=actor.permissions & key.allowed,
            labels=rules.narrowed(actor.labels, key.access_labels),
        )

    async def _note_use(self, key: ApiKey, digests: Sequence[str]) -> None:
        """Write down that a key is used: once an hour, not for each request."""
        at, now = key.last_used_at, self._storage.now()
        matching = next(
            one for one in (key.digest, key.previous_digest) if one is not None and one in digests
        )
        if at is not None and at > now - rules.USED_EVERY and matching == digests[0]:
            return
        operation = NoteUse(
            system_actor(key.organization), key.id, before=matching, digest=digests[0]
        )
        try:
            await self._storage.submit(operation)
        except UnavailableError:
            # Reading works without it, and the next request tries again.
            logger.warning("the use of the API key %s could not be noted", key.id)
