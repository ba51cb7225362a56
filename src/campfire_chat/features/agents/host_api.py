"""Agents, for the code of the host app."""

from __future__ import annotations

from campfire_chat.access.records import Availability, Role
from campfire_chat.features.agents.endpoints import AvailabilityRecord
from campfire_chat.features.agents.records import AgentRecord
from campfire_chat.http.in_process import InProcess
from campfire_chat.http.pagination import Page


class AgentsApi:
    """What one caller may do with agents."""

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller

    async def list(self) -> Page[AgentRecord]:
        """The agents of the organisation, by name, with their availability."""
        return await self._caller.call("list_agents")

    async def put(
        self,
        external_id: str,
        *,
        name: str,
        email: str | None = None,
        avatar_url: str | None = None,
        role: str = Role.AGENT,
    ) -> AgentRecord:
        """Store one of your users as an agent, who may never have signed in. So conversations can
        be assigned to them. Once they sign in, what ``authenticate`` says of them counts.

        Args:
            external_id: Your id of the user.
            role: A built-in role or one of your own.

        Raises:
            ForbiddenError: The caller may not store agents.
            InvalidError: A value is refused, or there is no such role.
        """
        return await self._caller.call(
            "put_agent",
            path={"external_id": external_id},
            body={"name": name, "email": email, "avatar_url": avatar_url, "role": role},
        )

    async def get_availability(self, agent_id: str) -> AvailabilityRecord:
        """
        Raises:
            NotFoundError: The organisation has no such agent.
        """
        return await self._caller.call("get_availability", path={"agent_id": agent_id})

    async def set_availability(
        self, agent_id: str, availability: Availability
    ) -> AvailabilityRecord:
        """Set the availability of an agent.

        Raises:
            ForbiddenError: The caller may not.
            NotFoundError: The organisation has no such agent.
        """
        return await self._caller.call(
            "set_availability", path={"agent_id": agent_id}, body={"availability": availability}
        )
