"""Load limits over several processes: each tells the others what its busiest keys have used.

Every process enforces its limits by itself, at the full rate. About once a second it writes what
it has let through of the keys that are :attr:`~campfire_chat.domain.limits.Limiter.hot`, and takes
what the others have let through out of its own buckets. So a key that is spread over processes
gets, over time, what one process would give it; what each admits before it hears of the others,
half a burst and a second's worth, comes on top. While the database is away every process goes on
by itself.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Sequence

from campfire_chat.domain.limits import Key
from campfire_chat.realtime.admission import Admission, now
from campfire_chat.storage.usage import Usage, Used

logger = logging.getLogger("campfire_chat.limits")

#: Seconds between exchanges.
INTERVAL = 1.0
#: Exchanges between clearing up, in memory and in the database.
SWEEP_EVERY = 10
#: Keys that a process tells of at a time, the busiest first.
MAX_KEYS = 1_000


class Sharing:
    """See the module.

    Args:
        node: The id of this process, under which its rows are kept.
    """

    def __init__(self, admission: Admission, usage: Usage, *, node: str) -> None:
        self._admission = admission
        self._usage = usage
        self._node = node
        #: What the others had counted at the last look, by organisation, key and node.
        self._heard: dict[tuple[str, str, str], int] | None = None
        self._told: dict[Key, int] = {}
        self._failing = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._rounds(), name="campfire-limits")

    async def stop(self) -> None:
        """Stop sharing; rows that are left are cleared away by others."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _rounds(self) -> None:
        number = 0
        while True:
            await asyncio.sleep(INTERVAL)
            number += 1
            try:
                await self.exchange()
                if number % SWEEP_EVERY == 0:
                    for limiter in self._admission.limiters.values():
                        limiter.prune(now())
                    await self._usage.sweep()
                self._failing = False
            except Exception:
                if not self._failing:
                    logger.warning("limits cannot be shared; each process goes on", exc_info=True)
                self._failing = True

    async def exchange(self) -> None:
        """Tell the others, and hear from them; one write at most, none when nobody is busy.

        Raises:
            StorageUnavailableError: The database is away; the next time makes up for it.
        """
        busy = self._busy()
        quiet = [key for key in self._told if key not in busy]
        news = {key: used for key, used in busy.items() if self._told.get(key) != used}
        if news or quiet:
            rows = [(*key, used) for key, used in news.items()]
            await self._usage.tell(self._node, rows, quiet)
            self._told = busy
        self._hear(await self._usage.others(self._node))

    def _busy(self) -> dict[Key, int]:
        """The busiest keys of all limits as rows name them, and what they have used."""
        moment = now()
        found: dict[Key, int] = {}
        for name, limiter in self._admission.limiters.items():
            limiter.cool(moment)
            for (organization, who), bucket in limiter.hot.items():
                if bucket.used > bucket.base:
                    found[organization, f"{name}:{who}"] = bucket.used - bucket.base
        if len(found) > MAX_KEYS:
            return dict(heapq.nlargest(MAX_KEYS, found.items(), key=lambda item: item[1]))
        return found

    def _hear(self, rows: Sequence[Used]) -> None:
        """Take out of the buckets by how much the others' counters have grown."""
        moment = now()
        heard = self._heard
        self._heard = {(organization, key, node): count for organization, key, node, count in rows}
        if heard is None:
            # What was used before this process began is no business of its full buckets.
            return
        for place, count in self._heard.items():
            before = heard.get(place, 0)
            # A counter that has gone back has begun anew.
            grown = count - before if count >= before else count
            name, _, who = place[1].partition(":")
            limiter = self._admission.limiters.get(name)
            if grown and limiter is not None:
                limiter.heard((place[0], who), grown, moment)
