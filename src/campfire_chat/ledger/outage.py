"""Whether the database takes writes: noticed by writes that fail, and ended by one that works.

A connection may be open although nothing can be written over it, as on a full disk. A load
balancer then sends no more work here, so no caller's write would ever show that it is over.
"""

from __future__ import annotations

import asyncio
import logging

from campfire_chat.access import statements as access_statements
from campfire_chat.core import scalars
from campfire_chat.core.clock import Clock
from campfire_chat.database.lanes import Lanes, Session

logger = logging.getLogger("campfire_chat.storage")

#: Seconds between two attempts to write.
PROBE_EVERY = 1.0
#: The key of the row that is written.
PROBE = "probe"


class Outage:
    """See the module.

    Args:
        lane: The writer lane.
        now: The wall clock.
    """

    def __init__(self, lane: Lanes, *, now: Clock) -> None:
        self._lane = lane
        self._now = now
        self._probing: asyncio.Task[None] | None = None

    @property
    def lasts(self) -> bool:
        """Whether the latest write failed because of the database."""
        return self._probing is not None

    def failed(self) -> None:
        """A write has failed because of the database."""
        if self._probing is None:
            logger.error("the database takes no writes; the process is not ready until it does")
            self._probing = asyncio.create_task(self._probe(), name="campfire-outage")

    def worked(self) -> None:
        """A write has been committed."""
        if self._probing is not None:
            logger.warning("the database takes writes again")
            self._probing.cancel()
            self._probing = None

    async def stop(self) -> None:
        """Probe no more."""
        probing, self._probing = self._probing, None
        if probing is not None:
            probing.cancel()
            await asyncio.gather(probing, return_exceptions=True)

    async def _probe(self) -> None:
        while True:
            await asyncio.sleep(PROBE_EVERY)
            try:
                await self._lane.run(
                    lambda session: session.transaction(lambda _: self._write(session)), attempts=1
                )
            except Exception as error:
                logger.debug("the database still takes no writes: %r", error)
            else:
                self.worked()
                return

    async def _write(self, session: Session) -> None:
        """Write what nobody needs: a row that is swept away later."""
        at = self._now()
        await session.write(
            access_statements.WRITE_USAGE, [(scalars.INSTALLATION, PROBE, "", at, at)]
        )
