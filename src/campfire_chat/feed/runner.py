"""Gives the feed to its consumers: in one process each, and as soon as something is committed.

A commit of this process and the wake-ups of others say which organisations have something new.
What they fail to say is found by looking. A process reads for a consumer as long as it holds its
claim in the database. It keeps the claim for a while when there is nothing to read.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable

from msgspec import Struct

from campfire_chat.core.clock import SECOND, Clock
from campfire_chat.feed.consumer import Consumer
from campfire_chat.feed.positions import Place, Positions
from campfire_chat.feed.reading import read_page
from campfire_chat.jobs import failures as failures_of_work
from campfire_chat.jobs.failures import OnFailure
from campfire_chat.jobs.retry import Retry
from campfire_chat.ledger.storage import Storage

logger = logging.getLogger("campfire_chat.feed")

#: Places that are read for at the same time.
AT_ONCE = 16
#: Seconds between looks for what no wake-up told of, and for organisations without a position.
LOOK_EVERY = 5.0
ORGANIZATIONS_EVERY = 60.0
#: Seconds for which a place is left alone that another process reads for. It hears of the same
#: commits, and asking again for each of them would cost a transaction each.
LEFT_TO_OTHERS = LOOK_EVERY / 2
#: Seconds after which a position is stored although there is more to read. A crash repeats what
#: was handled since then.
STORE_EVERY = 1.0
#: Seconds that a stop waits for pages that are being handled.
GRACE = 5.0

#: When a consumer that failed is given the same page again. It is never given up.
AGAIN = Retry(attempts=1_000_000_000, first=0.5, longest=60.0)


class _Claim(Struct):
    """A place that this process reads for.

    Attributes:
        position: How far it was read.
        until: Until when the claim is valid, in microseconds since 1970. The database says
            longer, so a process never works with a claim that has run out there.
    """

    position: int
    until: int


class _Failures(Struct):
    """How often in a row a place failed, and until when it is left alone."""

    count: int
    until: int


class FeedRunner:
    """See the module.

    Args:
        consumers: Who reads the feed. Without any, nothing happens.
        storage: The database.
        positions: Their positions in it.
        now: The wall clock.
        on_failure: Told of the error when a consumer fails.
    """

    def __init__(
        self,
        consumers: Iterable[Consumer],
        storage: Storage,
        positions: Positions,
        *,
        now: Clock,
        on_failure: OnFailure = failures_of_work.nobody,
    ) -> None:
        self._consumers = {consumer.name: consumer for consumer in consumers}
        self._storage = storage
        self._positions = positions
        self._now = now
        self._on_failure = on_failure
        #: Where there may be something to read; whoever begins to read takes it out first.
        self._grown: dict[Place, None] = {}
        self._reading: dict[Place, asyncio.Task[None]] = {}
        self._claims: dict[Place, _Claim] = {}
        self._failures: dict[Place, _Failures] = {}
        #: Until when a place is left to the process that reads for it.
        self._left: dict[Place, int] = {}
        self._wake = asyncio.Event()
        self._stopping = False
        self._looked_at = 0
        self._found_at = 0
        self._tasks: list[asyncio.Task[None]] = []
        for consumer in self._consumers.values():
            if consumer.interest is not None:
                consumer.interest.on_added = self.heard

    async def register(self) -> None:
        """Make the consumers known, also in a process that does not read for them: what happens
        before the first worker starts waits for it."""
        if self._consumers:
            await self._positions.register(list(self._consumers))

    async def start(self) -> None:
        if not self._consumers:
            return
        self._stopping = False
        await self.register()
        self._tasks = [
            asyncio.create_task(self._serve(), name="campfire-feed"),
            asyncio.create_task(self._keep_claims(), name="campfire-feed-claims"),
        ]

    async def catch_up(self) -> list[Place]:
        """Give all consumers what is committed by now, and what they commit meanwhile, one after
        the other, without being started. A consumer that fails is left for the next call.

        Returns:
            The places that were not read, since another process reads for them.
        """
        self._failures.clear()
        self._left.clear()
        await self._refresh()
        organizations = await self._positions.organizations()
        behind = [
            (organization, name)
            for organization in organizations
            for name, consumer in self._consumers.items()
            if consumer.reads(organization)
        ]
        while behind:
            for place in behind:
                task = asyncio.create_task(self._read(place), name=f"campfire-feed-{place[1]}")
                self._reading[place] = task
                await task
            behind = [
                place
                for place in await self._behind()
                if place not in self._failures and place not in self._left
            ]
        return list(self._left)

    async def stop(self) -> None:
        """Let the pages that are being handled end, and release what is claimed."""
        if not self._tasks and not self._claims:
            return
        self._stopping = True
        self._wake.set()
        if self._reading:
            await asyncio.wait(self._reading.values(), timeout=GRACE)
        rest = [*self._reading.values(), *self._tasks]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        self._tasks = []
        claimed, self._claims = list(self._claims), {}
        if claimed:
            try:
                await self._positions.release(claimed)
            except Exception:
                # Others read on when the claims have run out.
                logger.warning("claims of the feed could not be released", exc_info=True)

    @property
    def running(self) -> bool:
        """Whether anybody reads the feed in this process."""
        return bool(self._tasks)

    def heard(self, organization: str) -> None:
        """The feed of an organisation has grown."""
        for name, consumer in self._consumers.items():
            if consumer.reads(organization):
                self._grown[organization, name] = None
                self._wake.set()

    async def _serve(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                await self._look()
            except Exception:
                logger.exception("the feed could not be looked at, again shortly")
            self._begin()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._wake.wait()

    async def _look(self) -> None:
        """From time to time, look for what nobody has told of."""
        now = self._now()
        # The clock may have been set back.
        if not 0 <= now - self._looked_at < int(LOOK_EVERY * SECOND):
            self._looked_at = now
            await self._refresh()
            for place in await self._behind():
                self._grown[place] = None
        if not 0 <= now - self._found_at < int(ORGANIZATIONS_EVERY * SECOND):
            self._found_at = now
            for organization in await self._positions.organizations():
                self.heard(organization)

    async def _refresh(self) -> None:
        """Ask where the consumers read."""
        for consumer in self._consumers.values():
            if consumer.interest is not None:
                await consumer.interest.refresh()

    async def _behind(self) -> list[Place]:
        """Where consumers have something to read."""
        found = await self._positions.behind(list(self._consumers))
        return [place for place in found if self._consumers[place[1]].reads(place[0])]

    def _begin(self) -> None:
        """Begin to read where there may be something."""
        now = self._now()
        for place in list(self._grown):
            if len(self._reading) >= AT_ONCE:
                return
            if self._left.get(place, 0) > now:
                # If that process is gone, a later look finds what it has left behind.
                del self._grown[place]
                continue
            failures = self._failures.get(place)
            if place in self._reading or (failures is not None and failures.until > now):
                continue
            del self._grown[place]
            task = asyncio.create_task(self._read(place), name=f"campfire-feed-{place[1]}")
            self._reading[place] = task

    def _pause(self) -> float:
        """Seconds until there may be something to do without a wake-up."""
        now = self._now()
        again = [
            (failures.until - now) / SECOND
            for place, failures in self._failures.items()
            if place in self._grown and place not in self._reading
        ]
        return max(0.01, min([LOOK_EVERY, *again]))

    async def _read(self, place: Place) -> None:
        """Give a consumer everything that an organisation's feed holds by now."""
        try:
            if await self._claimed(place):
                await self._read_on(place)
            self._failures.pop(place, None)
        except Exception as error:
            await self._failed(place, error)
        finally:
            del self._reading[place]
            self._wake.set()

    async def _claimed(self, place: Place) -> bool:
        claim = self._claims.get(place)
        if claim is not None and claim.until > self._now():
            return True
        until = self._valid_until()
        position = await self._positions.claim(place)
        if position is None:
            self._claims.pop(place, None)
            self._left[place] = self._now() + int(LEFT_TO_OTHERS * SECOND)
            return False
        self._left.pop(place, None)
        self._claims[place] = _Claim(position, until)
        return True

    def _valid_until(self) -> int:
        return self._now() + int(self._positions.lease / 2 * SECOND)

    async def _read_on(self, place: Place) -> None:
        organization, name = place
        consumer = self._consumers[name]
        claim = self._claims[place]
        stored, stored_at = claim.position, self._now()
        try:
            while not self._stopping and self._claims.get(place) is claim:
                after = claim.position
                page = await self._storage.read(
                    lambda session, after=after: read_page(session, organization, after)
                )
                if page.position == after:
                    return
                operation = await consumer.handle(organization, page)
                if operation is not None:
                    until = self._valid_until()
                    moving = self._positions.reached_with(place, page.position, operation)
                    if not await self._storage.submit(moving):
                        self._lost(place)
                        return
                    claim.until = until
                    stored, stored_at = page.position, self._now()
                claim.position = page.position
                if self._now() - stored_at >= int(STORE_EVERY * SECOND):
                    await self._storage.submit(self._positions.reached(place, claim.position))
                    stored, stored_at = claim.position, self._now()
        finally:
            if claim.position > stored:
                await self._storage.submit(self._positions.reached(place, claim.position))

    def _lost(self, place: Place) -> None:
        self._claims.pop(place, None)
        organization, name = place
        logger.warning("another process took over the consumer %r of %r", name, organization)

    async def _failed(self, place: Place, error: Exception) -> None:
        """Leave a place alone for a while. Its position stays, so nothing is lost."""
        organization, name = place
        before = self._failures.get(place)
        count = 1 if before is None else before.count + 1
        delay = AGAIN.delay(count) or 0
        self._failures[place] = _Failures(count, self._now() + delay)
        self._grown[place] = None
        logger.error(
            "the consumer %r failed in %r, again within %.1f s (failure %d)",
            *(name, organization, AGAIN.ceiling(count), count),
            exc_info=error,
        )
        # What it was given was not stored as handled. It is read again from the database.
        self._claims.pop(place, None)
        try:
            await self._positions.failed(place, f"{type(error).__name__}: {error}")
        except Exception:
            logger.warning("the failure of %r could not be stored", name, exc_info=True)
        self._on_failure(error)

    async def _keep_claims(self) -> None:
        while True:
            await asyncio.sleep(self._positions.lease / 3)
            busy = {place: self._claims[place] for place in self._reading if place in self._claims}
            if not busy:
                continue
            until = self._valid_until()
            try:
                lost = await self._positions.renew(list(busy))
            except Exception:
                logger.exception("claims of the feed could not be renewed, again shortly")
                continue
            for place, claim in busy.items():
                if place not in lost:
                    claim.until = until
                elif self._claims.get(place) is claim:
                    # It ends after its page. Whoever took over repeats it.
                    self._lost(place)
