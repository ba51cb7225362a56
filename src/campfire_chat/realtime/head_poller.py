"""Looks at the heads of the streams in the database, in case wake-ups were lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from campfire_chat.ledger.event_log import PAGE_EVENTS
from campfire_chat.ledger.storage import Storage
from campfire_chat.realtime.bus import Bus
from campfire_chat.realtime.channels import Channel, Key

logger = logging.getLogger("campfire_chat.realtime")

#: Number of streams whose heads one query reads.
HEADS_PER_QUERY = 500
#: Seconds between looks at the heads while the bus is ill.
ILL_POLL_INTERVAL = 0.25
#: The pause between two looks is this many times the duration of the last one, up to a second.
#: Several processes whose bus is ill must not overload the database.
REST = 3.0
MAX_REST = 1.0
#: Seconds between looks at all streams, whether their inboxes have changed or not.
FULL_LOOK = 10.0


class HeadPoller:
    """See the module.

    Args:
        channels: The streams that have subscribers here.
        heard: Called with each head that was read.
        poll_interval: Seconds between looks while the bus is well.
    """

    def __init__(
        self,
        channels: Mapping[Key, Channel],
        heard: Callable[[str, str, int], None],
        *,
        poll_interval: float,
    ) -> None:
        self._channels = channels
        self._heard = heard
        self._poll_interval = poll_interval
        #: The heads of the inboxes at the last look.
        self._inboxes: dict[str, int] = {}
        self._full_look_due = 0.0

    async def run(self, storage: Storage, bus: Bus) -> None:
        """Look repeatedly, for as long as the hub runs."""
        loop = asyncio.get_running_loop()
        took = 0.0
        while True:
            await self._pause(bus, at_least=min(REST * took, MAX_REST))
            began = loop.time()
            try:
                await self._look(storage, everything=began >= self._full_look_due)
            except Exception:
                logger.warning(
                    "the heads could not be read; next attempt in a moment", exc_info=True
                )
            took = loop.time() - began

    async def _pause(self, bus: Bus, *, at_least: float) -> None:
        """Wait for the next look. It comes sooner when the bus becomes ill."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            interval = self._poll_interval
            if not bus.well:
                interval = min(interval, ILL_POLL_INTERVAL)
            left = began + max(interval, at_least) - loop.time()
            if left <= 0:
                return
            await asyncio.sleep(min(left, ILL_POLL_INTERVAL))

    async def _look(self, storage: Storage, *, everything: bool) -> None:
        """Read the heads of the streams.

        Every change in an organisation also advances its inbox, in the same transaction. So a
        look without changes costs one query, however many streams have subscribers here. With
        changes, the cost depends on their number.
        """
        if everything:
            self._full_look_due = asyncio.get_running_loop().time() + FULL_LOOK
        organizations = sorted({organization for organization, _ in self._channels})
        for start in range(0, len(organizations), HEADS_PER_QUERY):
            some = organizations[start : start + HEADS_PER_QUERY]
            found = await storage.inbox_heads(some)
            heads = {organization: found.get(organization, 0) for organization in some}
            moved = {
                organization: head
                for organization, head in heads.items()
                if everything or head != self._inboxes.get(organization)
            }
            # Only now: a later subscription reads the database later.
            names: dict[str, list[str]] = {organization: [] for organization in moved}
            for organization, name in self._channels if moved else ():
                if organization in names:
                    names[organization].append(name)
            for organization, head in moved.items():
                before = None if everything else self._inboxes.get(organization)
                changed = await self._changed(storage, organization, before, head)
                wanted = names[organization]
                if changed is not None:
                    wanted = [name for name in wanted if name in changed]
                await self._read_heads(storage, organization, wanted)
                self._inboxes[organization] = head
        here = set(organizations)
        self._inboxes = {name: head for name, head in self._inboxes.items() if name in here}

    async def _read_heads(self, storage: Storage, organization: str, names: list[str]) -> None:
        for start in range(0, len(names), HEADS_PER_QUERY):
            found = await storage.stream_heads(organization, names[start : start + HEADS_PER_QUERY])
            for name, head in found.items():
                self._heard(organization, name, head)

    async def _changed(
        self, storage: Storage, organization: str, before: int | None, head: int
    ) -> set[str] | None:
        """The streams to which the commits have appended that told an inbox. None when that is
        unknown.

        It is unknown when there is more than one page of entries, or when one is not stored any
        more. Then all streams of the organisation are looked at. Other organisations are not
        affected.
        """
        if before is None or not 0 < head - before <= PAGE_EVENTS:
            return None
        return await storage.appended(organization, before, head)
