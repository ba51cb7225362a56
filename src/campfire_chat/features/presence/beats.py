"""The beats of the sockets of this process.

The database decides who is present. Each process writes the beats of its own sockets, and its
:mod:`~campfire_chat.features.agents.roster` tells its clients what it finds there. In addition,
arrivals and departures here are told to all processes at once.

Somebody who closes their last connection is gone at once: the beat is deleted. That a beat ages is
for connections that end without a word, as in a crash or when the network is lost.

Agents who come and go begin and end their sessions with that: see
:mod:`~campfire_chat.features.presence.sessions`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from campfire_chat.access.actor import Actor
from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.feature import Service
from campfire_chat.features.conversations.streams import CONVERSATION, NOTES
from campfire_chat.features.presence.frames import presence_at
from campfire_chat.features.presence.operations import Beat
from campfire_chat.features.presence.queries import CONNECTED
from campfire_chat.features.presence.service import PresenceService
from campfire_chat.ledger.streams import Stream
from campfire_chat.realtime import frames
from campfire_chat.realtime.bus import Ephemeral
from campfire_chat.realtime.hub import Hub

logger = logging.getLogger("campfire_chat.realtime")

#: Seconds for which changes are collected before they are written together.
GATHER = 0.02
#: Seconds for which a participant who has left a conversation still counts as present. If they come
#: back within that time, there are neither frames nor writes.
LINGER = 2.0
#: Seconds that the hello of an agent waits until the first beat is written.
ARRIVAL_TIMEOUT = 2.0
#: Seconds for which a participant who has closed their last connection still counts as present: a
#: page that reloads, or leads to the next one, takes about that long.
RETURN = 1.0
#: Number of beats that one operation writes. Messages are written in between.
WRITTEN_AT_ONCE = 500


class _Key(NamedTuple):
    """A participant at a place. The name may change meanwhile, the identity does not."""

    organization: str
    place: str
    kind: SenderKind
    id: str

    @property
    def is_of_session(self) -> bool:
        """Whether it is an agent who is connected: that is what makes a session."""
        return self.place == CONNECTED and self.kind is SenderKind.AGENT


class _Here:
    __slots__ = ("count", "participant")

    def __init__(self, participant: Participant) -> None:
        self.participant = participant
        self.count = 0


class Beats(Service):
    """See the module.

    Args:
        node: The id of this process, under which its beats are kept.
        beat: Seconds between beats.
    """

    def __init__(
        self,
        presence: PresenceService,
        hub: Hub,
        *,
        node: str,
        beat: float,
    ) -> None:
        self._presence = presence
        self._hub = hub
        #: Called with an organisation whose agents have come or gone.
        self.on_agents: Callable[[str], None] = _nobody
        self._node = node
        self._beat = beat
        self._here: dict[_Key, _Here] = {}
        #: Participants who have left a conversation, or the desk, and may still come back.
        self._leaving: dict[_Key, asyncio.TimerHandle] = {}
        self._changes: dict[_Key, tuple[Participant, bool]] = {}
        self._changed = asyncio.Event()
        self._written = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._write_changes(), name="campfire-presence-write"),
            asyncio.create_task(self._keep_beating(), name="campfire-presence-beat"),
        ]

    async def stop(self) -> None:
        """Stop writing beats. The last ones expire by themselves."""
        for timer in self._leaving.values():
            timer.cancel()
        self._leaving.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def arrived(self, actor: Actor) -> None:
        """A socket of a participant has opened.

        For an agent it returns when that is in the database, so that a team does not look empty
        after its first agent has connected. For a visitor it returns at once.
        """
        if self._add(actor, CONNECTED) and actor.is_agent:
            try:
                async with asyncio.timeout(ARRIVAL_TIMEOUT):
                    await self._written.wait()
            except TimeoutError:
                logger.warning("the presence of an agent is not in the database yet")

    def departed(self, actor: Actor, *, cleanly: bool) -> None:
        """A socket of a participant has ended. If it was the last one, the beats end.

        Args:
            cleanly: Whether it was closed on purpose. Then the participant is gone, unless they
                come back within :data:`RETURN`. Otherwise they are gone when their beat is too old.
        """
        key = self._key(actor, CONNECTED)
        here = self._here[key]
        here.count -= 1
        if here.count > 0:
            return
        if cleanly:
            self._leave(key, RETURN)
        else:
            del self._here[key]

    def _leave(self, key: _Key, linger: float) -> None:
        loop = asyncio.get_running_loop()
        self._leaving[key] = loop.call_later(linger, self._left, key)

    def joined(self, actor: Actor, stream: Stream) -> None:
        """A participant has opened a conversation."""
        if stream.kind != CONVERSATION.kind:
            return
        conversation_id = stream.subject
        if self._add(actor, conversation_id):
            key = self._key(actor, conversation_id)
            self._tell(key, actor.principal.participant, here=True)

    def left(self, actor: Actor, stream: Stream) -> None:
        """A participant has left a conversation. It is told if they do not come back within
        :data:`LINGER`."""
        if stream.kind != CONVERSATION.kind:
            return
        key = self._key(actor, stream.subject)
        here = self._here[key]
        here.count -= 1
        if here.count == 0:
            self._leave(key, LINGER)

    def _left(self, key: _Key) -> None:
        del self._leaving[key]
        # Told when it is written, unless they are connected to another process.
        self._changes[key] = (self._here.pop(key).participant, False)
        self._changed.set()

    def organizations(self) -> set[str]:
        """Organisations with a participant who is connected here."""
        return {key.organization for key in self._here}

    @staticmethod
    def _key(actor: Actor, place: str) -> _Key:
        return _Key(actor.organization, place, actor.principal.kind, actor.principal.id)

    def _add(self, actor: Actor, place: str) -> bool:
        """Count up. Return whether it was the first."""
        key = self._key(actor, place)
        participant = actor.principal.participant
        here = self._here.setdefault(key, _Here(participant))
        here.participant = participant
        here.count += 1
        leaving = self._leaving.pop(key, None)
        if leaving is not None:
            leaving.cancel()
        if here.count > 1 or leaving is not None:
            return False
        self._changes[key] = (participant, True)
        self._changed.set()
        return True

    def _tell(self, key: _Key, participant: Participant, *, here: bool) -> None:
        frame = presence_at(participant, key.place, here=here)
        agent = key.kind is SenderKind.AGENT
        stream = (NOTES if agent else CONVERSATION).name(key.place)
        text = frames.encode(frame)
        self._hub.show(Ephemeral(key.organization, stream, text, agents_only=True))

    async def _write_changes(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(GATHER)
            self._changed.clear()
            changes, self._changes = self._changes, {}
            written, self._written = self._written, asyncio.Event()
            agents = {key for key in changes if key.is_of_session}
            alive = [key for key, (_, here) in changes.items() if here and key not in agents]
            gone = {
                key: participant
                for key, (participant, here) in changes.items()
                if not here and key not in agents
            }
            try:
                await self._write_agents({key: changes[key][0] for key in agents})
                await self._write_alive(alive)
                await self._write_gone(gone)
            except Exception:
                # Present participants are written again at the next beat. The others expire.
                logger.warning("presence could not be written", exc_info=True)
            finally:
                written.set()
            for organization in {key.organization for key in agents}:
                self.on_agents(organization)

    async def _keep_beating(self) -> None:
        while True:
            await asyncio.sleep(self._beat)
            try:
                # The beats replace what shows when a session ended: the database may have been
                # away, or the clock set. So that is looked at before, by the same time.
                at = self._presence.now
                await self._presence.end_sessions()
                await self._write_alive(list(self._here), at)
                await self._begin_sessions()
            except Exception:
                logger.warning(
                    "beats could not be written; next attempt in a moment", exc_info=True
                )

    async def _begin_sessions(self) -> None:
        """Begin the sessions of agents whose session has ended although they are connected here,
        since their beats were late."""
        here = {key: item.participant for key, item in self._here.items() if key.is_of_session}
        for organization, part in _parts(list(here)):
            known = await self._presence.in_session(organization, [key.id for key in part])
            missing = [key for key in part if key.id not in known and key in self._here]
            await self._write_agents({key: here[key] for key in missing})

    async def _write_agents(self, changed: Mapping[_Key, Participant]) -> None:
        """Write which of these agents are connected here, and which are not."""
        for organization, part in _parts(list(changed)):
            came = [
                Beat(organization, key.place, self._here[key].participant)
                for key in part
                if key in self._here
            ]
            left = [
                Beat(organization, key.place, changed[key]) for key in part if key not in self._here
            ]
            await self._presence.move_agents(organization, node_id=self._node, came=came, left=left)

    async def _write_alive(self, keys: Sequence[_Key], at: int | None = None) -> None:
        for organization, part in _parts(keys):
            # Looked up only now, because participants who have left must not be written again.
            beats = [
                Beat(organization, key.place, self._here[key].participant)
                for key in part
                if key in self._here
            ]
            await self._presence.write(organization, node_id=self._node, alive=beats, at=at)

    async def _write_gone(self, gone: Mapping[_Key, Participant]) -> None:
        for organization, part in _parts(list(gone)):
            left = [key for key in part if key not in self._here]
            beats = [Beat(organization, key.place, gone[key]) for key in left]
            await self._presence.write(organization, node_id=self._node, gone=beats)
            # Who is connected at all is told by the watch.
            looked_at = [key for key in left if key.place != CONNECTED]
            places = sorted({key.place for key in looked_at})
            still = await self._presence.at(organization, places) if places else {}
            for key in looked_at:
                if key in self._here:
                    # Came back while the database was asked, and that has been told already.
                    continue
                others = still.get(key.place, ())
                if not any((person.kind, person.id) == (key.kind, key.id) for person in others):
                    self._tell(key, gone[key], here=False)


def _parts(keys: Sequence[_Key]) -> Iterator[tuple[str, Sequence[_Key]]]:
    """Groups of keys, each of one organisation."""
    by_organization: dict[str, list[_Key]] = {}
    for key in keys:
        by_organization.setdefault(key.organization, []).append(key)
    for organization, some in by_organization.items():
        for start in range(0, len(some), WRITTEN_AT_ONCE):
            yield organization, some[start : start + WRITTEN_AT_ONCE]


def _nobody(organization: str) -> None:
    """Does nothing, before somebody asks to be called."""
