"""Tells the clients of this process who is available and who has left.

Every few seconds it compares the beats in the database with what it told last. So after a crash of
a process, or a lost notice on the bus, no screen shows a participant who is gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from campfire_chat.domain import streams
from campfire_chat.domain.availability import of_team
from campfire_chat.models import AgentRecord, Participant, SenderKind
from campfire_chat.realtime import frames
from campfire_chat.realtime.bus import Bus, Ephemeral
from campfire_chat.realtime.hub import Hub
from campfire_chat.storage.store import Store

logger = logging.getLogger("campfire_chat.realtime")

#: The participant of a presence frame about the whole team, for visitors.
TEAM = Participant(kind=SenderKind.SYSTEM, id="team")
#: Number of conversations whose beats one query reads.
PLACES_PER_QUERY = 500

TellVisitors = Callable[[str, str], None]


class Watch:
    """See the module.

    Args:
        interval: Seconds between looks.
    """

    def __init__(self, store: Store, hub: Hub, bus: Bus, *, interval: float) -> None:
        self._store = store
        self._hub = hub
        self._bus = bus
        self._interval = interval
        self._teams: dict[str, dict[str, AgentRecord]] = {}
        self._present: dict[tuple[str, str], dict[str, Participant]] = {}
        self._look = asyncio.Event()
        self._look_at: set[str] = set()
        self._tell_visitors: TellVisitors = _nobody
        self._organizations: Callable[[], set[str]] = set
        self._task: asyncio.Task[None] | None = None

    async def start(
        self, *, tell_visitors: TellVisitors, organizations: Callable[[], set[str]]
    ) -> None:
        """
        Args:
            tell_visitors: Sends the text of a frame to the visitors of an organisation here.
            organizations: Returns the organisations with a connected caller here.
        """
        self._organizations = organizations
        self._tell_visitors = tell_visitors
        self._task = asyncio.create_task(self._rounds(), name="campfire-watch")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def team_changed(self, organization: str) -> None:
        """Look at a team now, here and in the other processes."""
        self.look(organization)
        self._bus.team_changed(organization)

    def look(self, organization: str) -> None:
        """Look at a team now."""
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
                self._teams = {name: team for name, team in self._teams.items() if name in here}
            for organization in wanted:
                await self._guarded(self._compare_team(organization))
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

    async def _compare_team(self, organization: str) -> None:
        now = {agent.id: agent for agent in await self._store.team.of(organization)}
        told = self._teams.setdefault(organization, {})
        before = of_team(agent.availability for agent in told.values())
        for agent in now.values():
            known = told.get(agent.id)
            if known is None or known.availability is not agent.availability:
                await self._tell_availability(organization, agent)
                told[agent.id] = agent
        team = of_team(agent.availability for agent in now.values())
        if team is not before:
            frame = frames.PresenceNotice(participant=TEAM, availability=team)
            self._tell_visitors(organization, frames.encode(frame))

    async def _tell_availability(self, organization: str, agent: AgentRecord) -> None:
        """Tell the colleagues of an agent, and the visitors of the agent's conversations."""
        participant = Participant(SenderKind.AGENT, agent.id, agent.name, agent.avatar_url)
        frame = frames.PresenceNotice(participant=participant, availability=agent.availability)
        self._show(organization, streams.inbox(organization), frame)
        for conversation_id in await self._store.team.open_assigned_to(organization, agent.id):
            about = frames.PresenceNotice(
                participant=participant,
                availability=agent.availability,
                conversation_id=conversation_id,
            )
            self._show(organization, streams.conversation(conversation_id), about)

    async def _compare_all_present(self) -> None:
        """Tell the agents here who else has their conversations open."""
        places: dict[str, list[str]] = {}
        for organization, name in self._hub.streams_of("notes"):
            places.setdefault(organization, []).append(streams.parse(name).subject)
        for organization, conversation_ids in places.items():
            await self._guarded(self._compare_present(organization, conversation_ids))
        watched = {(name, place) for name, some in places.items() for place in some}
        for key in set(self._present) - watched:
            del self._present[key]

    async def _compare_present(self, organization: str, conversation_ids: list[str]) -> None:
        for start in range(0, len(conversation_ids), PLACES_PER_QUERY):
            some = conversation_ids[start : start + PLACES_PER_QUERY]
            found = await self._store.team.present_at(organization, some)
            for conversation_id in some:
                key = (organization, conversation_id)
                self._tell_difference(key, found.get(conversation_id, []))

    def _tell_difference(self, key: tuple[str, str], found: list[Participant]) -> None:
        organization, conversation_id = key
        now = {f"{person.kind}:{person.id}": person for person in found}
        before = self._present.get(key, {})
        self._present[key] = now
        for changed, here in (
            ([person for name, person in now.items() if name not in before], True),
            ([person for name, person in before.items() if name not in now], False),
        ):
            for person in changed:
                frame = frames.presence_at(person, conversation_id, here=here)
                self._show(organization, streams.notes(conversation_id), frame)

    def _show(self, organization: str, stream: str, frame: frames.PresenceNotice) -> None:
        self._hub.show_here(Ephemeral(organization, stream, frames.encode(frame)))


def _nobody(organization: str, text: str) -> None:
    """Does nothing, before the start."""
