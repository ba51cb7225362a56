"""Agents and their availability, for the other features and for the API."""

from __future__ import annotations

from campfire_chat.access.actor import Actor, actor_of_agent
from campfire_chat.access.policy import require
from campfire_chat.access.records import Agent, Availability
from campfire_chat.access.roles import Roles
from campfire_chat.core.errors import ConfigurationError, InvalidError, NotFoundError
from campfire_chat.features.agents import queries
from campfire_chat.features.agents.operations import (
    RememberAgent,
    SetAvailability,
    require_setter,
)
from campfire_chat.features.agents.permissions import AGENTS_MANAGE, AGENTS_READ
from campfire_chat.features.agents.records import AgentRecord
from campfire_chat.features.agents.rules import of_all
from campfire_chat.features.messages.permissions import CONVERSATIONS_REPLY
from campfire_chat.features.presence.service import PresenceService
from campfire_chat.ledger.storage import Storage


class AgentService:
    """See the module."""

    def __init__(self, storage: Storage, presence: PresenceService, roles: Roles) -> None:
        self._storage = storage
        self._presence = presence
        self._roles = roles
        self._assignable = roles.with_permission(CONVERSATIONS_REPLY)

    async def remember(self, actor: Actor) -> None:
        """Store the calling agent as the host app describes them now."""
        await self._storage.submit(RememberAgent(actor))

    async def put(self, actor: Actor, agent: Agent) -> AgentRecord:
        """Store one of the host app's users as an agent, who need not have signed in yet.

        What they may do is what ``authenticate`` says once they sign in. Until then the role tells
        whether conversations can be assigned to them, and what an API key may do as them.

        Raises:
            ForbiddenError: The caller may not store agents.
            InvalidError: A value is none that an agent may have, or there is no such role.
        """
        require(actor, AGENTS_MANAGE)
        if agent.role not in self._roles.names:
            raise InvalidError("There is no such role.", field="role")
        try:
            described = actor_of_agent(agent, self._storage.agent_key, self._roles)
        except ConfigurationError as error:
            raise InvalidError(error.message) from None
        await self._storage.submit(RememberAgent(actor, described))
        return await self._one_of(actor.organization, described.principal.id)

    async def described(self, organization: str, external_id: str) -> Agent:
        """An agent as the host app described them last.

        Raises:
            NotFoundError: The host app has never named an agent of that id.
        """
        found = await self._storage.read(
            lambda session: queries.described(session, organization, external_id)
        )
        if found is None:
            raise NotFoundError("There is no such agent.")
        return found

    async def list_all(self, actor: Actor) -> list[AgentRecord]:
        """
        Raises:
            ForbiddenError: The caller may not see the agents.
        """
        require(actor, AGENTS_READ)
        return await self.of(actor.organization)

    async def get(self, actor: Actor, agent_id: str) -> AgentRecord:
        """
        Raises:
            ForbiddenError: The caller may not see the agents.
            NotFoundError: The organisation has no such agent.
        """
        require(actor, AGENTS_READ)
        return await self._one_of(actor.organization, agent_id)

    async def _one_of(self, organization: str, agent_id: str) -> AgentRecord:
        for agent in await self.of(organization):
            if agent.id == agent_id:
                return agent
        raise NotFoundError("There is no such agent.")

    async def of(self, organization: str) -> list[AgentRecord]:
        """The agents of an organisation, for the roster."""
        alive = self._presence.alive
        assignable = self._assignable
        return await self._storage.read(
            lambda session: queries.of_organization(
                session, organization, alive=alive, assignable=assignable
            )
        )

    async def availability(self, organization: str) -> Availability:
        """The availability of all agents together, as visitors see it."""
        return of_all(item.availability for item in await self.of(organization))

    async def set_availability(
        self, actor: Actor, agent_id: str, availability: Availability
    ) -> AgentRecord:
        """Set an availability: one's own, or a colleague's, which needs a permission of its own.

        Raises:
            ForbiddenError: The caller may not.
            NotFoundError: The organisation has no such agent.
        """
        require_setter(actor, agent_id)
        await self._storage.submit(SetAvailability(actor, agent_id, availability))
        return await self._one_of(actor.organization, agent_id)
