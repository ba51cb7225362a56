"""The methods of the storage for agents and presence."""

from __future__ import annotations

from collections.abc import Sequence

from campfire_chat.clock import SECOND
from campfire_chat.domain.availability import of_team
from campfire_chat.domain.principal import Scope, system_scope
from campfire_chat.models import AgentRecord, Availability, Participant, SenderKind
from campfire_chat.protocols import Clock
from campfire_chat.storage import agents, conversations, presence
from campfire_chat.storage.lanes import Lanes
from campfire_chat.storage.ledger import Ledger


class Team:
    """See the module.

    Args:
        life: Seconds after the last beat for which a participant counts as present.
    """

    def __init__(self, readers: Lanes, ledger: Ledger, *, now: Clock, life: float) -> None:
        self._readers = readers
        self._ledger = ledger
        self._now = now
        self._life = life

    @property
    def alive_since(self) -> int:
        """A participant whose last beat is older than this time is gone."""
        return self._now() - int(self._life * SECOND)

    async def remember(self, scope: Scope) -> None:
        await self._ledger.submit(agents.RememberAgent(scope))

    async def list_all(self, scope: Scope) -> list[AgentRecord]:
        return await self._readers.run(
            lambda session: agents.list_all(session, scope, alive_since=self.alive_since)
        )

    async def get(self, scope: Scope, agent_id: str) -> AgentRecord:
        return await self._readers.run(
            lambda session: agents.get(session, scope, agent_id, alive_since=self.alive_since)
        )

    async def of(self, organization: str) -> list[AgentRecord]:
        """The agents of an organisation, for the watch."""
        return await self._readers.run(
            lambda session: agents.of_organization(
                session, organization, alive_since=self.alive_since
            )
        )

    async def availability(self, organization: str) -> Availability:
        """The availability of the team, as visitors see it."""
        return of_team(item.availability for item in await self.of(organization))

    async def set_availability(
        self, scope: Scope, agent_id: str, availability: Availability
    ) -> AgentRecord:
        await self._ledger.submit(agents.SetAvailability(scope, agent_id, availability))
        return await self.get(scope, agent_id)

    async def open_assigned_to(self, organization: str, agent_id: str) -> list[str]:
        return await self._readers.run(
            lambda session: conversations.open_assigned_to(session, organization, agent_id)
        )

    async def write_presence(
        self,
        organization: str,
        *,
        node_id: str,
        alive: Sequence[presence.Beat] = (),
        gone: Sequence[presence.Beat] = (),
    ) -> None:
        """Write beats of a process, and delete others."""
        scope = system_scope(organization)
        await self._ledger.submit(
            presence.WritePresence(scope, node_id=node_id, alive=alive, gone=gone)
        )

    async def sweep_presence(self, organization: str) -> None:
        """Delete beats that are long out of date, or in the future."""
        scope = system_scope(organization)
        now, life = self._now(), int(self._life * SECOND)
        await self._ledger.submit(presence.SweepPresence(scope, now - life, now + life))

    async def present_at(
        self, organization: str, conversation_ids: Sequence[str]
    ) -> dict[str, list[Participant]]:
        """Who has these conversations open, in any process."""
        return await self._readers.run(
            lambda session: presence.present_at(
                session, organization, conversation_ids, alive_since=self.alive_since
            )
        )

    async def is_present(self, organization: str, kind: SenderKind, participant_id: str) -> bool:
        return await self._readers.run(
            lambda session: presence.is_present(
                session, organization, kind, participant_id, alive_since=self.alive_since
            )
        )
