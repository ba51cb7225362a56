"""Organisations are stored when they are first used; a process remembers which ones are."""

from __future__ import annotations

import asyncio

from campfire_chat.access.actor import Actor, system_actor
from campfire_chat.core.scalars import DEFAULT_ORGANIZATION
from campfire_chat.feature import Service
from campfire_chat.features.organizations import queries
from campfire_chat.features.organizations.branding import branding_of
from campfire_chat.features.organizations.operations import AddOrganization
from campfire_chat.features.organizations.service import SettingsService
from campfire_chat.features.organizations.settings import ALLOWED_ORIGINS
from campfire_chat.http.launcher import Branding
from campfire_chat.ledger.storage import Storage

#: Number of organisations that a process remembers. The others are looked up again.
MOST_REMEMBERED = 100_000


class OrganizationService(Service):
    """See the module. Only the host app names new organisations: in ``authenticate``, in a signed
    identity, or in ``resolve_organization``. What a stranger writes into a URL stores nothing."""

    def __init__(self, storage: Storage, settings: SettingsService) -> None:
        self._storage = storage
        self._settings = settings
        #: In the order in which they were first used.
        self._known: dict[str, None] = {}
        self._under_way: dict[str, asyncio.Future[None]] = {}

    async def let_in(self, actor: Actor) -> None:
        await self.ensure(actor.organization)

    async def ensure(self, organization: str) -> None:
        """Store an organisation that the host app has named, unless it is stored.

        Raises:
            OverloadedError: Too many writes wait.
            StorageUnavailableError: The database cannot be reached.
        """
        if organization in self._known:
            return
        adding = self._under_way.get(organization)
        if adding is None:
            adding = asyncio.ensure_future(self._add(organization))
            self._under_way[organization] = adding
            adding.add_done_callback(lambda _: self._under_way.pop(organization, None))
        await asyncio.shield(adding)

    async def exists(self, organization: str) -> bool:
        """Whether an organisation was ever used; the default one counts as used.

        Raises:
            StorageUnavailableError: The database cannot be reached.
        """
        return organization == DEFAULT_ORGANIZATION or await self._is_stored(organization)

    async def _is_stored(self, organization: str) -> bool:
        if organization in self._known:
            return True
        found = await self._storage.read(lambda session: queries.exists(session, organization))
        if found:
            self._remember(organization)
        return found

    async def origins(self, organization: str) -> tuple[str, ...]:
        """The origins that the organisation allows, besides those of the host app.

        Raises:
            StorageUnavailableError: They are not in memory, and the database cannot be reached.
        """
        return (await self._settings.of(organization))[ALLOWED_ORIGINS]

    async def branding(self, organization: str) -> Branding:
        """What the organisation changes of the widget.

        Raises:
            StorageUnavailableError: As for :meth:`origins`.
        """
        return branding_of(await self._settings.of(organization))

    async def _add(self, organization: str) -> None:
        if not await self._is_stored(organization):
            await self._storage.submit(AddOrganization(system_actor(organization)))
            self._remember(organization)

    def _remember(self, organization: str) -> None:
        while len(self._known) >= MOST_REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[organization] = None
