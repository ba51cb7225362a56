"""Agents, for the code of the host app."""

from __future__ import annotations

from campfire_chat.access.records import Availability
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
