"""Agents and their availability, for the other features and for the API."""

from __future__ import annotations

from campfire_chat.access.actor import Actor
from campfire_chat.access.records import Availability
from campfire_chat.features.agents import queries
from campfire_chat.features.agents.operations import RememberAgent, SetAvailability
from campfire_chat.features.agents.records import AgentRecord
from campfire_chat.features.agents.rules import of_all
from campfire_chat.features.presence.service import PresenceService
from campfire_chat.ledger.storage import Storage


class AgentService:
    """See the module."""

    def __init__(self, storage: Storage, presence: PresenceService) -> None:
        self._storage = storage
        self._presence = presence

    async def remember(self, actor: Actor) -> None:
        """Store the calling agent as the host app describes them now."""
        await self._storage.submit(RememberAgent(actor))

    async def list_all(self, actor: Actor) -> list[AgentRecord]:
        """
        Raises:
            ForbiddenError: The caller is not an agent.
        """
        actor.require_agent()
        return await self.of(actor.organization)

    async def get(self, actor: Actor, agent_id: str) -> AgentRecord:
        """
        Raises:
            ForbiddenError: The caller is not an agent.
            NotFoundError: The organisation has no such agent.
        """
        since = self._presence.alive_since
        return await self._storage.read(
            lambda session: queries.get(session, actor, agent_id, alive_since=since)
        )

    async def of(self, organization: str) -> list[AgentRecord]:
        """The agents of an organisation, for the roster."""
        since = self._presence.alive_since
        return await self._storage.read(
            lambda session: queries.of_organization(session, organization, alive_since=since)
        )

    async def availability(self, organization: str) -> Availability:
        """The availability of all agents together, as visitors see it."""
        return of_all(item.availability for item in await self.of(organization))

    async def set_availability(
        self, actor: Actor, agent_id: str, availability: Availability
    ) -> AgentRecord:
        """Set an availability. Agents set their own, admins and owners that of anybody."""
        await self._storage.submit(SetAvailability(actor, agent_id, availability))
        return await self.get(actor, agent_id)
