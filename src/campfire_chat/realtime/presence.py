"""The signs of life of this process's sockets.

The database is the truth (see ``storage.presence``): each process writes the beats of its own
sockets, and its :mod:`~campfire_chat.realtime.watch` tells its listeners what it finds there. What
begins and ends here is also told at once, in every process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from campfire_chat.domain import streams
from campfire_chat.domain.principal import Scope
from campfire_chat.errors import CampfireError
from campfire_chat.models import Participant, SenderKind
from campfire_chat.realtime import frames
from campfire_chat.realtime.bus import Ephemeral
from campfire_chat.realtime.hub import Hub
from campfire_chat.realtime.watch import Watch
from campfire_chat.storage.presence import CONNECTED, Beat
from campfire_chat.storage.store import Store

logger = logging.getLogger("campfire_chat.realtime")

#: Seconds for which changes gather before they are written in one go.
GATHER = 0.02
#: Beats that one operation writes; messages are written in between.
WRITTEN_AT_ONCE = 500


class _Key(NamedTuple):
    """Somebody at a place. A name may change while they are there; who they are does not."""

    organization: str
    place: str
    kind: SenderKind
    id: str


class _Here:
    __slots__ = ("count", "participant")

    def __init__(self, participant: Participant) -> None:
        self.participant = participant
        self.count = 0


class Presence:
    """See the module.

    Args:
        node: The id of this process, under which its beats are kept.
        beat: Seconds between beats.
    """

    def __init__(self, store: Store, hub: Hub, watch: Watch, *, node: str, beat: float) -> None:
        self._store = store
        self._hub = hub
        self._watch = watch
        self._node = node
        self._beat = beat
        self._here: dict[_Key, _Here] = {}
        self._changes: dict[_Key, Participant | None] = {}
        self._changed = asyncio.Event()
        self._written = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._write_changes(), name="campfire-presence-write"),
            asyncio.create_task(self._keep_beating(), name="campfire-presence-beat"),
        ]

    async def stop(self) -> None:
        """Stop beating; what was beaten last expires by itself."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def arrive(self, scope: Scope) -> None:
        """A socket of a participant has opened.

        For an agent it returns once that is in the database, so that a team which somebody
        has just joined does not look empty; nobody waits for a visitor's.
        """
        self._watch.follow(scope.organization)
        if self._add(scope, CONNECTED):
            written = self._written
            if scope.is_agent:
                await written.wait()

    def depart(self, scope: Scope) -> None:
        """A socket of a participant has closed; without another one the beats end here."""
        self._remove(scope, CONNECTED)

    def open_conversation(self, scope: Scope, conversation_id: str) -> None:
        """A participant has a conversation on the screen."""
        if self._add(scope, conversation_id):
            self._tell(scope, conversation_id, here=True)

    def close_conversation(self, scope: Scope, conversation_id: str) -> None:
        """A participant has left a conversation."""
        if self._remove(scope, conversation_id):
            self._changes[self._key(scope, conversation_id)] = None
            self._changed.set()
            self._tell(scope, conversation_id, here=False)

    @staticmethod
    def _key(scope: Scope, place: str) -> _Key:
        return _Key(scope.organization, place, scope.principal.kind, scope.principal.id)

    def _add(self, scope: Scope, place: str) -> bool:
        """Whether it is the first time."""
        key = self._key(scope, place)
        participant = scope.principal.participant
        here = self._here.setdefault(key, _Here(participant))
        here.participant = participant
        here.count += 1
        if here.count > 1:
            return False
        self._changes[key] = participant
        self._changed.set()
        return True

    def _remove(self, scope: Scope, place: str) -> bool:
        """Whether it was the last time."""
        key = self._key(scope, place)
        here = self._here[key]
        here.count -= 1
        if here.count > 0:
            return False
        del self._here[key]
        return True

    def _tell(self, scope: Scope, conversation_id: str, *, here: bool) -> None:
        frame = frames.presence_at(scope.principal.participant, conversation_id, here=here)
        stream = (streams.notes if scope.is_agent else streams.conversation)(conversation_id)
        text = frames.encode(frame)
        self._hub.show(Ephemeral(scope.organization, stream, text, agents_only=True))

    async def _write_changes(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(GATHER)
            self._changed.clear()
            changes, self._changes = self._changes, {}
            written, self._written = self._written, asyncio.Event()
            arrived = {
                key.organization
                for key, participant in changes.items()
                if participant and key.place == CONNECTED and key.kind is SenderKind.AGENT
            }
            await self._write(changes)
            for organization in arrived:
                self._watch.team_changed(organization)
            written.set()

    async def _keep_beating(self) -> None:
        while True:
            await asyncio.sleep(self._beat)
            await self._write({key: here.participant for key, here in self._here.items()})
            for organization in {key.organization for key in self._here}:
                try:
                    await self._store.team.sweep_presence(organization)
                except CampfireError as error:
                    logger.warning("old beats could not be swept: %s", error)

    async def _write(self, changes: dict[_Key, Participant | None]) -> None:
        """Write who is here, and remove who is not; what fails is written at the next beat."""
        alive: dict[str, list[Beat]] = {}
        gone: dict[str, list[Beat]] = {}
        for key, participant in changes.items():
            beats = gone if participant is None else alive
            beat = Beat(key.organization, key.place, participant or Participant(key.kind, key.id))
            beats.setdefault(key.organization, []).append(beat)
        try:
            for organization, beats in alive.items():
                for part in _parts(beats):
                    await self._store.team.write_presence(
                        organization, node_id=self._node, alive=part
                    )
            for organization, beats in gone.items():
                for part in _parts(beats):
                    await self._store.team.write_presence(
                        organization, node_id=self._node, gone=part
                    )
        except CampfireError as error:
            logger.warning("presence could not be written: %s", error)


def _parts(beats: Sequence[Beat]) -> Iterator[Sequence[Beat]]:
    for start in range(0, len(beats), WRITTEN_AT_ONCE):
        yield beats[start : start + WRITTEN_AT_ONCE]
