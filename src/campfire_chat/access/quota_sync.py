"""Load limits over several processes: each tells the others how much its busiest keys have used.

Every process enforces the limits alone, at the full rate. About once a second it writes how much
it has admitted for the keys that are :attr:`~campfire_chat.access.rates.Limiter.hot`, and
charges its own buckets with what the others have admitted. So over time a key that is spread over
processes gets what one process would give it. In addition, each process admits half a burst and
about a second's worth before it learns of the others. While the database cannot be reached, every
process counts alone.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Sequence

from campfire_chat.access.admission import Admission, now
from campfire_chat.access.rates import Key
from campfire_chat.access.usage_table import Usage, Used

logger = logging.getLogger("campfire_chat.limits")

#: Seconds between exchanges.
INTERVAL = 1.0
#: Number of exchanges between two clean-ups, in memory and in the database.
SWEEP_EVERY = 10
#: Number of keys that a process reports at a time, the busiest first.
MAX_KEYS = 1_000


class QuotaSync:
    """See the module.

    Args:
        node: The id of this process, under which its rows are kept.
    """

    def __init__(self, admission: Admission, usage: Usage, *, node: str) -> None:
        self._admission = admission
        self._usage = usage
        self._node = node
        #: The counters of the others at the last look, by organisation, key and node.
        self._heard: dict[tuple[str, str, str], int] | None = None
        self._told: dict[Key, int] = {}
        self._failing = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._rounds(), name="campfire-limits")

    async def stop(self) -> None:
        """Stop sharing. Other processes delete the remaining rows."""
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
                    logger.warning(
                        "load limits cannot be shared now; each process counts alone", exc_info=True
                    )
                self._failing = True

    async def exchange(self) -> None:
        """Exchange counters with the others. At most one write, and none when no key is busy.

        Raises:
            StorageUnavailableError: The database cannot be reached. The next exchange catches up.
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
        """The busiest keys of all limits, by the names of their rows, and how much they used."""
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
        """Charge the buckets with the growth of the counters of the others."""
        moment = now()
        heard = self._heard
        self._heard = {(organization, key, node): count for organization, key, node, count in rows}
        if heard is None:
            # Usage from before this process began does not count for its full buckets.
            return
        for place, count in self._heard.items():
            before = heard.get(place, 0)
            # A counter that has decreased was started again.
            grown = count - before if count >= before else count
            name, _, who = place[1].partition(":")
            limiter = self._admission.limiters.get(name)
            if grown and limiter is not None:
                limiter.heard((place[0], who), grown, moment)
