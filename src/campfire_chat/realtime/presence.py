"""Who is here: beats of this process's sockets, and what its listeners are told of others.

The database is the truth (see ``storage.presence``). Each process writes the beats of its own
sockets and looks at the team's availability on every look-round, telling its listeners what
changed; a bus message only makes other processes look sooner.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from campfire_chat.domain import streams
from campfire_chat.domain.availability import of_team
from campfire_chat.domain.principal import Scope
from campfire_chat.errors import CampfireError
from campfire_chat.models import AgentRecord, Availability, Participant, SenderKind
from campfire_chat.realtime import frames
from campfire_chat.realtime.bus import Bus, Ephemeral
from campfire_chat.realtime.hub import Hub
from campfire_chat.storage.presence import CONNECTED, Beat
from campfire_chat.storage.store import Store

logger = logging.getLogger("campfire_chat.realtime")

#: Who a presence frame is about when it tells visitors of the team as a whole.
TEAM = Participant(kind=SenderKind.SYSTEM, id="team")
#: Seconds for which changes gather before they are written in one go.
GATHER = 0.02
#: Seconds after which a typing notice that was not repeated is taken back.
TYPING_LIFE = 5.0
#: Seconds between two notices that somebody still types, however often their client says so.
TYPING_REPEAT = 2.0


class _Typing(NamedTuple):
    timer: asyncio.TimerHandle
    told_at: float


class Presence:
    """See the module.

    Args:
        node: The id of this process, under which its beats are kept.
        beat: Seconds between beats; the team is looked at four times as often.
    """

    def __init__(self, *, node: str, beat: float) -> None:
        self._node = node
        self._beat = beat
        self._here: Counter[Beat] = Counter()
        self._changes: dict[Beat, bool] = {}
        self._changed = asyncio.Event()
        self._written = asyncio.Event()
        self._team: dict[str, dict[str, AgentRecord]] = {}
        self._look = asyncio.Event()
        self._look_at: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._typing: dict[tuple[str, str, str], _Typing] = {}
        self._tell_visitors: Callable[[str, str], None] = _nobody
        self._store: Store | None = None
        self._hub: Hub | None = None
        self._bus: Bus | None = None

    async def start(
        self, store: Store, hub: Hub, bus: Bus, *, tell_visitors: Callable[[str, str], None]
    ) -> None:
        """
        Args:
            tell_visitors: Takes an organisation and the text of a frame for its visitors here.
        """
        self._store, self._hub, self._bus = store, hub, bus
        self._tell_visitors = tell_visitors
        self._tasks = [
            asyncio.create_task(self._write_changes(store), name="campfire-presence-write"),
            asyncio.create_task(self._keep_beating(store), name="campfire-presence-beat"),
            asyncio.create_task(self._look_round(store), name="campfire-presence-look"),
        ]

    async def stop(self) -> None:
        """Stop beating; what was beaten last expires by itself."""
        for typing in self._typing.values():
            typing.timer.cancel()
        self._typing.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    # Coming and going.

    async def arrive(self, scope: Scope) -> None:
        """A socket of a participant has opened.

        For an agent it returns once that is in the database, so that a team which somebody
        has just joined does not look empty; nobody waits for a visitor's.
        """
        beat = Beat(scope.organization, CONNECTED, scope.principal.participant)
        self._here[beat] += 1
        if self._here[beat] == 1:
            written = self._change(beat, here=True)
            if scope.is_agent:
                await written.wait()

    def depart(self, scope: Scope) -> None:
        """A socket of a participant has closed; without another one the beats end here."""
        self._remove(Beat(scope.organization, CONNECTED, scope.principal.participant))

    def open_conversation(self, scope: Scope, conversation_id: str) -> None:
        """A participant has a conversation on the screen."""
        beat = Beat(scope.organization, conversation_id, scope.principal.participant)
        self._here[beat] += 1
        if self._here[beat] == 1:
            self._change(beat, here=True)
            self._tell_viewing(scope, conversation_id, here=True)

    def close_conversation(self, scope: Scope, conversation_id: str) -> None:
        """A participant has left a conversation."""
        beat = Beat(scope.organization, conversation_id, scope.principal.participant)
        if self._remove(beat):
            self._change(beat, here=False)
            self._tell_viewing(scope, conversation_id, here=False)
            self.typing(scope, conversation_id, active=False)

    def team_changed(self, organization: str) -> None:
        """Look at the team now, here and in the other processes."""
        self.look(organization)
        if self._bus is not None:
            self._bus.team_changed(organization)

    def look(self, organization: str) -> None:
        """Look at the team of an organisation now."""
        self._look_at.add(organization)
        self._look.set()

    # Typing.

    def typing(self, scope: Scope, conversation_id: str, *, active: bool) -> None:
        """Somebody types, or has stopped; without a repetition it ends by itself."""
        key = (scope.organization, conversation_id, scope.sender_key)
        loop = asyncio.get_running_loop()
        before = self._typing.pop(key, None)
        if before is not None:
            before.timer.cancel()
        elif not active:
            return
        told_at = before.told_at if before is not None else None
        if not active or told_at is None or loop.time() - told_at >= TYPING_REPEAT:
            told_at = loop.time()
            self._tell_typing(scope, conversation_id, active=active)
        if active:
            timer = loop.call_later(TYPING_LIFE, self._stop_typing, scope, conversation_id)
            self._typing[key] = _Typing(timer, told_at)

    def _stop_typing(self, scope: Scope, conversation_id: str) -> None:
        self._typing.pop((scope.organization, conversation_id, scope.sender_key), None)
        self._tell_typing(scope, conversation_id, active=False)

    def _tell_typing(self, scope: Scope, conversation_id: str, *, active: bool) -> None:
        frame = frames.TypingNotice(
            conversation_id=conversation_id,
            participant=scope.principal.participant,
            active=active,
        )
        self._show(
            scope.organization,
            streams.conversation(conversation_id),
            frame,
            exclude=scope.sender_key,
        )

    # Telling.

    def _tell_viewing(self, scope: Scope, conversation_id: str, *, here: bool) -> None:
        participant = scope.principal.participant
        if scope.is_agent:
            frame = frames.PresenceNotice(
                participant=participant, conversation_id=conversation_id, viewing=here
            )
            self._show(scope.organization, streams.notes(conversation_id), frame)
            return
        frame = frames.PresenceNotice(
            participant=participant,
            conversation_id=conversation_id,
            availability=Availability.ONLINE if here else Availability.OFFLINE,
        )
        name = streams.conversation(conversation_id)
        self._show(scope.organization, name, frame, agents_only=True)

    def _show(
        self,
        organization: str,
        stream: str,
        frame: frames.PresenceNotice | frames.TypingNotice,
        *,
        agents_only: bool = False,
        exclude: str | None = None,
    ) -> None:
        if self._hub is not None:
            text = frames.encode(frame)
            self._hub.show(Ephemeral(organization, stream, text, agents_only, exclude))

    # In the background.

    def _remove(self, beat: Beat) -> bool:
        self._here[beat] -= 1
        if self._here[beat] > 0:
            return False
        del self._here[beat]
        return True

    def _change(self, beat: Beat, *, here: bool) -> asyncio.Event:
        """Have a change written; the event tells when it was, or when that failed."""
        self._changes[beat] = here
        self._changed.set()
        return self._written

    async def _write_changes(self, store: Store) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(GATHER)
            self._changed.clear()
            changes, self._changes = self._changes, {}
            written, self._written = self._written, asyncio.Event()
            by_organization: dict[str, dict[Beat, bool]] = {}
            for beat, here in changes.items():
                by_organization.setdefault(beat.organization, {})[beat] = here
            for organization, some in by_organization.items():
                try:
                    await store.team.write_presence(
                        organization,
                        node_id=self._node,
                        alive=[beat for beat, here in some.items() if here],
                        gone=[beat for beat, here in some.items() if not here],
                    )
                except CampfireError as error:
                    # The next beat writes it again.
                    logger.warning("presence could not be written: %s", error)
                if any(here and _is_arrival(beat) for beat, here in some.items()):
                    self.team_changed(organization)
            written.set()

    async def _keep_beating(self, store: Store) -> None:
        while True:
            await asyncio.sleep(self._beat)
            by_organization: dict[str, list[Beat]] = {}
            for beat in self._here:
                by_organization.setdefault(beat.organization, []).append(beat)
            for organization, alive in by_organization.items():
                try:
                    await store.team.write_presence(
                        organization, node_id=self._node, alive=alive, sweep=True
                    )
                except Exception:
                    logger.warning("beats could not be written, again shortly", exc_info=True)

    async def _look_round(self, store: Store) -> None:
        while True:
            try:
                await asyncio.wait_for(self._look.wait(), self._beat / 4)
            except TimeoutError:
                self._look_at.update(beat.organization for beat in self._here)
            self._look.clear()
            wanted, self._look_at = self._look_at, set()
            for organization in wanted:
                try:
                    await self._compare(store, organization)
                except Exception:
                    logger.warning("availability could not be read, again shortly", exc_info=True)

    async def _compare(self, store: Store, organization: str) -> None:
        now = {agent.id: agent for agent in await store.team.of(organization)}
        before = self._team.get(organization, {})
        self._team[organization] = now
        for agent in now.values():
            known = before.get(agent.id)
            if known is None or known.availability is not agent.availability:
                await self._tell_availability(store, organization, agent)
        team = of_team(agent.availability for agent in now.values())
        if team is not of_team(agent.availability for agent in before.values()):
            frame = frames.PresenceNotice(participant=TEAM, availability=team)
            self._tell_visitors(organization, frames.encode(frame))

    async def _tell_availability(self, store: Store, organization: str, agent: AgentRecord) -> None:
        """Tell this process's listeners; the others find out by themselves."""
        hub = self._hub
        if hub is None:
            return
        participant = Participant(SenderKind.AGENT, agent.id, agent.name, agent.avatar_url)
        frame = frames.PresenceNotice(participant=participant, availability=agent.availability)
        hub.show_here(Ephemeral(organization, streams.inbox(organization), frames.encode(frame)))
        for conversation_id in await store.team.open_assigned_to(organization, agent.id):
            about = frames.PresenceNotice(
                participant=participant,
                availability=agent.availability,
                conversation_id=conversation_id,
            )
            name = streams.conversation(conversation_id)
            hub.show_here(Ephemeral(organization, name, frames.encode(about)))


def _is_arrival(beat: Beat) -> bool:
    """Whether an agent's being here may change what the team is available for."""
    return beat.place == CONNECTED and beat.participant.kind is SenderKind.AGENT


def _nobody(organization: str, text: str) -> None:
    """Before the start there is nobody to tell."""
