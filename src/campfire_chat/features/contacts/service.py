"""Contacts, for the other features and for the API."""

from __future__ import annotations

from campfire_chat.access.actor import Actor, actor_of_visitor
from campfire_chat.access.records import Visitor
from campfire_chat.feature import Service
from campfire_chat.features.contacts import queries
from campfire_chat.features.contacts.operations import RememberContact
from campfire_chat.ledger.storage import Storage


class ContactService(Service):
    """See the module."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def arrived(self, actor: Actor) -> None:
        if actor.is_visitor and actor.principal.external_id is not None:
            await self.refresh(actor)

    async def described(self, organization: str, external_id: str) -> Visitor:
        """A user of the host app as it described them last; only the id of one who never wrote.

        Raises:
            ConfigurationError: It is none that a visitor may have.
        """
        actor = actor_of_visitor(Visitor(id=external_id, organization=organization))
        about = actor.principal.id
        known = await self._storage.read(lambda session: queries.find(session, actor, about))
        return Visitor(
            id=external_id,
            name=known and known.name,
            email=known and known.email,
            avatar_url=known and known.avatar_url,
            organization=organization,
        )

    async def refresh(self, actor: Actor) -> None:
        """Store a visitor as the host app describes them now, if they have written before."""
        about = actor.principal.id
        known = await self._storage.read(lambda session: queries.find(session, actor, about))
        if known is not None and known != queries.of(actor):
            await self._storage.submit(RememberContact(actor))
