"""Revoked tokens, known to every process: told over the bus, and looked for in the database."""

from __future__ import annotations

import asyncio
import logging

from campfire_chat.access.revocation_table import PAGE, RevocationTable
from campfire_chat.access.revocations import Revocations
from campfire_chat.core.clock import SECOND, Clock
from campfire_chat.realtime.bus import Bus

logger = logging.getLogger("campfire_chat.realtime")

#: What the other processes are told over the bus.
SIGNAL = "revocations"
#: Seconds between looks, which find what the bus has not told.
INTERVAL = 5.0
#: Looks between clearing up.
SWEEP_EVERY = 720
#: Seconds for which a revocation is kept beyond the life of tokens: a process that had not learned
#: of it yet may have renewed one a moment later.
GRACE = 3600


class RevocationSync:
    """See the module.

    Args:
        known: What this process knows, which every reader of tokens asks.
        life: Seconds after which every token has ended by itself.
        now: The wall clock.
    """

    def __init__(
        self, table: RevocationTable, bus: Bus, known: Revocations, *, life: int, now: Clock
    ) -> None:
        self._table = table
        self._bus = bus
        self._known = known
        self._life = life
        self._now = now
        #: The number of the last revocation that was read.
        self._last = 0
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Learn of all that were revoked before anybody is let in.

        Raises:
            StorageUnavailableError: The database cannot be reached.
        """
        await self._read()
        self._task = asyncio.create_task(self._rounds(), name="campfire-revocations")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def revoke(self, organization: str, visitor_id: str) -> None:
        """Refuse every token that a visitor was given until now, in every process.

        Raises:
            StorageUnavailableError: The database cannot be reached; nothing was revoked.
        """
        revoked = await self._table.add(organization, visitor_id)
        self._known.learn(organization, visitor_id, revoked.not_before)
        self._bus.signal(SIGNAL)

    def look(self) -> None:
        """Another process has revoked something."""
        self._due.set()

    async def _rounds(self) -> None:
        number, failing = 0, False
        while True:
            try:
                async with asyncio.timeout(INTERVAL):
                    await self._due.wait()
            except TimeoutError:
                number += 1
            self._due.clear()
            try:
                await self._read()
                if number % SWEEP_EVERY == 1:
                    await self._sweep()
                failing = False
            except Exception:
                # What is known goes on being refused, and the next look finds the rest.
                if not failing:
                    logger.warning("revoked tokens could not be looked up", exc_info=True)
                failing = True

    async def _read(self) -> None:
        while True:
            rows = await self._table.since(self._last)
            for row in rows:
                self._known.learn(row.organization, row.visitor_id, row.not_before)
                self._last = row.number
            if len(rows) < PAGE:
                return

    async def _sweep(self) -> None:
        before = self._now() - (self._life + GRACE) * SECOND
        self._known.forget(before)
        await self._table.sweep(before)
