"""Tells the clients of this process who is available and who has left.

Every few seconds it compares the beats in the database with what it told last. So after a crash of
a process, or a lost notice on the bus, no screen shows a participant who is gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.feature import Service
from campfire_chat.features.agents.records import AgentRecord
from campfire_chat.features.agents.rules import of_all
from campfire_chat.features.agents.service import AgentService
from campfire_chat.features.conversations.service import ConversationService
from campfire_chat.features.conversations.streams import CONVERSATION, NOTES
from campfire_chat.features.presence.frames import PresenceNotice, presence_at
from campfire_chat.features.presence.service import PresenceService
from campfire_chat.ledger import streams
from campfire_chat.realtime import frames
from campfire_chat.realtime.bus import Bus, Ephemeral
from campfire_chat.realtime.hub import Hub

logger = logging.getLogger("campfire_chat.realtime")

#: The participant of a presence frame about the whole team, for visitors.
TEAM = Participant(kind=SenderKind.SYSTEM, id="team")
#: What the other processes are told over the bus.
SIGNAL = "roster"
#: Number of conversations whose beats one query reads.
PLACES_PER_QUERY = 500


class Roster(Service):
    """See the module.

    Args:
        organizations: Returns the organisations with a connected caller here.
        interval: Seconds between looks.
    """

    def __init__(
        self,
        *,
        agents: AgentService,
        presence: PresenceService,
        conversations: ConversationService,
        hub: Hub,
        bus: Bus,
        organizations: Callable[[], set[str]],
        interval: float,
    ) -> None:
        self._organizations = organizations
        self._agents = agents
        self._presence = presence
        self._conversations = conversations
        self._hub = hub
        self._bus = bus
        self._interval = interval
        self._told: dict[str, dict[str, AgentRecord]] = {}
        self._viewing: dict[tuple[str, str], dict[str, Participant]] = {}
        self._look = asyncio.Event()
        self._look_at: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._rounds(), name="campfire-roster")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def changed(self, organization: str) -> None:
        """Look at the agents of an organisation now, here and in the other processes."""
        self.look(organization)
        self._bus.signal(SIGNAL, organization)

    def signalled(self, what: str, organization: str) -> None:
        if what == SIGNAL:
            self.look(organization)

    def look(self, organization: str) -> None:
        """Look at the agents of an organisation now."""
        self._look_at.add(organization)
        self._look.set()

    async def _rounds(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + self._interval
        while True:
            try:
                # A deadline, not a pause: the regular look must come in any case.
                async with asyncio.timeout_at(due):
                    await self._look.wait()
            except TimeoutError:
                logger.debug("a regular look")
            self._look.clear()
            wanted, self._look_at = self._look_at, set()
            round_due = loop.time() >= due
            if round_due:
                due = loop.time() + self._interval
                here = self._organizations()
                wanted |= here
                self._told = {name: agents for name, agents in self._told.items() if name in here}
            for organization in wanted:
                await self._guarded(self._compare_roster(organization))
            if round_due:
                await self._compare_all_present()
            # Waiting for an event that is set does not pause.
            await asyncio.sleep(0)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """If one organisation cannot be read, the others must still be informed."""
        try:
            await work
        except Exception:
            logger.warning("presence could not be read; next attempt in a moment", exc_info=True)

    async def _compare_roster(self, organization: str) -> None:
        now = {agent.id: agent for agent in await self._agents.of(organization)}
        told = self._told.setdefault(organization, {})
        before = of_all(agent.availability for agent in told.values())
        for agent in now.values():
            known = told.get(agent.id)
            if known is None or known.availability is not agent.availability:
                await self._tell_availability(organization, agent)
                told[agent.id] = agent
        team = of_all(agent.availability for agent in now.values())
        if team is not before:
            frame = PresenceNotice(participant=TEAM, availability=team)
            self._hub.tell_visitors(organization, frames.encode(frame))

    async def _tell_availability(self, organization: str, agent: AgentRecord) -> None:
        """Tell the colleagues of an agent, and the visitors of the agent's conversations."""
        participant = Participant(SenderKind.AGENT, agent.id, agent.name, agent.avatar_url)
        frame = PresenceNotice(participant=participant, availability=agent.availability)
        self._show(organization, streams.inbox(organization), frame)
        for conversation_id in await self._conversations.open_assigned_to(organization, agent.id):
            about = PresenceNotice(
                participant=participant,
                availability=agent.availability,
                conversation_id=conversation_id,
            )
            self._show(organization, CONVERSATION.name(conversation_id), about)

    async def _compare_all_present(self) -> None:
        """Tell the agents here who else has their conversations open."""
        places: dict[str, list[str]] = {}
        for organization, name in self._hub.streams_of(NOTES.kind):
            places.setdefault(organization, []).append(streams.parse(name).subject)
        for organization, conversation_ids in places.items():
            await self._guarded(self._compare_present(organization, conversation_ids))
        watched = {(name, place) for name, some in places.items() for place in some}
        for key in set(self._viewing) - watched:
            del self._viewing[key]

    async def _compare_present(self, organization: str, conversation_ids: list[str]) -> None:
        for start in range(0, len(conversation_ids), PLACES_PER_QUERY):
            some = conversation_ids[start : start + PLACES_PER_QUERY]
            found = await self._presence.at(organization, some)
            for conversation_id in some:
                key = (organization, conversation_id)
                self._tell_difference(key, found.get(conversation_id, []))

    def _tell_difference(self, key: tuple[str, str], found: list[Participant]) -> None:
        organization, conversation_id = key
        now = {f"{person.kind}:{person.id}": person for person in found}
        before = self._viewing.get(key, {})
        self._viewing[key] = now
        for changed, here in (
            ([person for name, person in now.items() if name not in before], True),
            ([person for name, person in before.items() if name not in now], False),
        ):
            for person in changed:
                frame = presence_at(person, conversation_id, here=here)
                self._show(organization, NOTES.name(conversation_id), frame)

    def _show(self, organization: str, stream: str, frame: PresenceNotice) -> None:
        self._hub.show_here(Ephemeral(organization, stream, frames.encode(frame)))
