"""The other processes on this database: whether the bus reaches them, and whether they share a key.

Each process updates its own row and reads the rows of the others. A process counts as alive only
when its row was seen to change, so the row of a crashed process causes no warning.
"""

from __future__ import annotations

import asyncio
import logging

from campfire_chat.access.key_checks import KeyChecks
from campfire_chat.database.nodes import NodeRecord, Nodes
from campfire_chat.realtime.bus import Bus

logger = logging.getLogger("campfire_chat.realtime")

#: Number of missed beats after which a process counts as gone, and after which its row is deleted.
LATE = 3
DEAD = 15
#: Seconds that deleting the own row may take at a stop.
FAREWELL = 2.0
#: Number of looks in a row without messages from a live process, after which there is a warning.
UNHEARD = 2

OTHER_KEYS_AT_START = (
    "the secret_key is not one that was used on this database before. Visitors' tokens and "
    "identities that were signed with the earlier key are refused now. If another process still "
    "runs with that key, give both the same secret_key; to change a key without signing anybody "
    "out, give a list: secret_key=[new, old]"
)
OTHER_KEYS_NOW = (
    "another process on this database has a different secret_key: each refuses the tokens of the "
    "other with 401. Give all of them the same secret_key, or lists that share one"
)


class _Peer:
    """What is known of another process.

    Attributes:
        alive: Whether its row was seen to change lately.
        age: Looks since its row was first seen, or since it changed.
        unheard: Number of looks in a row at which it was alive but nothing came from it on the bus.
    """

    __slots__ = ("age", "alive", "record", "unheard")

    def __init__(self, record: NodeRecord) -> None:
        self.record = record
        self.age = 0
        self.alive = False
        self.unheard = 0

    def look(self, record: NodeRecord, *, heard: bool) -> None:
        if record.beat_at != self.record.beat_at:
            self.age = 0
            self.alive = True
        else:
            self.age += 1
            self.alive = self.alive and self.age < LATE
        self.record = record
        self.unheard = 0 if heard or not self.alive else self.unheard + 1


class Peers:
    """See the module.

    Args:
        node: The id of this process.
        beat: Seconds between beats, and between looks.
        checks: The check values of this process's secret keys.

    Attributes:
        warnings: Sentences about mistakes in the set-up of the processes.
    """

    def __init__(
        self,
        nodes: Nodes,
        key_checks: KeyChecks,
        bus: Bus,
        *,
        node: str,
        beat: float,
        checks: frozenset[str],
    ) -> None:
        self._nodes = nodes
        self._key_checks = key_checks
        self._bus = bus
        self._node = node
        self._beat = beat
        self._checks = checks
        self._known: dict[str, _Peer] = {}
        self._task: asyncio.Task[None] | None = None
        self.warnings: list[str] = []

    async def start(self) -> None:
        """Warn at once if tokens will be refused, and begin to watch the other processes.

        Raises:
            StorageUnavailableError: The database cannot be reached.
        """
        before = await self._key_checks.enter(self._node, self._checks)
        if before and before.isdisjoint(self._checks):
            logger.warning(OTHER_KEYS_AT_START)
        self._task = asyncio.create_task(self._rounds(), name="campfire-peers")

    async def stop(self) -> None:
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        try:
            async with asyncio.timeout(FAREWELL):
                await self._forget([self._node])
        except Exception:
            # The others notice that the row no longer changes.
            logger.warning("this process could not delete its row in campfire_nodes", exc_info=True)

    async def _rounds(self) -> None:
        while True:
            try:
                await self._nodes.beat(self._node, self._bus.kind)
                await self._look()
            except Exception:
                logger.warning("the rows of the other processes could not be read", exc_info=True)
            await asyncio.sleep(self._beat)

    async def _look(self) -> None:
        records = {item.id: item for item in await self._nodes.all()}
        records.pop(self._node, None)
        self._known = {
            name: self._known.get(name) or _Peer(record) for name, record in records.items()
        }
        for name, peer in self._known.items():
            peer.look(records[name], heard=self._bus.hears(name))
        dead = [name for name, peer in self._known.items() if peer.age >= DEAD]
        if dead:
            await self._forget(dead)
        alive = [item for item in self._known.values() if item.alive]
        theirs = await self._key_checks.of([item.record.id for item in alive])
        self._judge(alive, theirs)

    async def _forget(self, nodes: list[str]) -> None:
        await self._nodes.forget(nodes)
        await self._key_checks.forget(nodes)

    def _judge(self, alive: list[_Peer], theirs: list[frozenset[str]]) -> None:
        problems = [*self._problems_of_keys(theirs), *self._problems_of_buses(alive)]
        before, self.warnings = self.warnings, problems
        for warning in self.warnings:
            if warning not in before:
                logger.warning(warning)

    def _problems_of_keys(self, theirs: list[frozenset[str]]) -> list[str]:
        if any(checks.isdisjoint(self._checks) for checks in theirs):
            return [OTHER_KEYS_NOW]
        return []

    def _problems_of_buses(self, alive: list[_Peer]) -> list[str]:
        kinds = {self._bus.kind} | {item.record.bus for item in alive}
        if len(kinds) > 1:
            names = ", ".join(sorted(kinds))
            return [
                f"processes on this database have different buses ({names}) and do not reach each "
                "other: give all of them the same bus_url, or none"
            ]
        if alive and self._bus.kind == "memory":
            return [
                "several processes share this database, but memory:// does not connect them: "
                "leave bus_url out, or set another one"
            ]
        if self._bus.well and any(item.unheard >= UNHEARD for item in alive):
            return [
                f"another process on this database is not received on the bus ({self._bus.kind}): "
                "do all of them use the same bus server?"
            ]
        return []
