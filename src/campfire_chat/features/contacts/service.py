"""Contacts, for the other features and for the API."""

from __future__ import annotations

from campfire_chat.access.actor import Actor
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

    async def refresh(self, actor: Actor) -> None:
        """Store a visitor as the host app describes them now, if they have written before."""
        about = actor.principal.id
        known = await self._storage.read(lambda session: queries.find(session, actor, about))
        if known is not None and known != queries.of(actor):
            await self._storage.submit(RememberContact(actor))
