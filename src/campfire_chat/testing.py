"""A kit for the tests of a host app: a clock that stands still, and jobs and hooks on demand.

Everything runs in the event loop of the test, without a network and without a browser::

    from campfire_chat import testing

    async with testing.desk(campfire) as desk:
        mia = desk.visitor("mia", name="Mia")
        conversation = await mia.conversations.open("Hello?")
        await desk.settle()
        await desk.advance(hours=2)
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from campfire_chat.access.records import Agent, Role, Visitor
from campfire_chat.app import Campfire
from campfire_chat.core.errors import ConfigurationError
from campfire_chat.core.scalars import DEFAULT_ORGANIZATION
from campfire_chat.features.conversations.records import AgentConversation, VisitorConversation
from campfire_chat.features.host_api import HostApi
from campfire_chat.runtime import Runtime

__all__ = ["Desk", "desk"]

#: What the clock shows at first, unless a test says otherwise: a Monday.
BEGINNING = datetime(2030, 1, 7, 9, tzinfo=UTC)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class _Clock:
    """Stands still until it is set."""

    def __init__(self, moment: datetime) -> None:
        if moment.utcoffset() is None:
            raise ConfigurationError("The time needs a zone, such as UTC.", field="now")
        self.at = (moment - _EPOCH) // _MICROSECOND

    def __call__(self) -> int:
        return self.at


class Desk:
    """A started ``Campfire`` in a test; see :func:`desk`.

    The object is still the same: requests to your app work as always, and so do its methods, such
    as ``campfire.as_system()``.
    """

    def __init__(
        self, campfire: Campfire, running: Runtime, clock: _Clock, failures: list[Exception]
    ) -> None:
        self._campfire = campfire
        self._running = running
        self._clock = clock
        self._failures = failures

    @property
    def now(self) -> datetime:
        """What the clock shows, in UTC."""
        return _EPOCH + self._clock.at * _MICROSECOND

    def visitor(
        self,
        id: str,
        *,
        name: str | None = None,
        email: str | None = None,
        organization: str = DEFAULT_ORGANIZATION,
    ) -> HostApi[VisitorConversation]:
        """The API as a user of your app who asks for help.

        Args:
            id: Your id of the user.
        """
        return self._campfire.as_visitor(
            Visitor(id=id, name=name, email=email, organization=organization)
        )

    def agent(
        self,
        id: str,
        *,
        name: str | None = None,
        role: str = Role.AGENT,
        organization: str = DEFAULT_ORGANIZATION,
    ) -> HostApi[AgentConversation]:
        """The API as an agent.

        Args:
            id: Your id of the user.
            name: The id if left out.
        """
        return self._campfire.as_agent(
            Agent(id=id, name=name or id, role=role, organization=organization)
        )

    async def run_jobs(self) -> int:
        """Do the jobs that are due, one after the other, until none is due.

        Returns:
            How many attempts of jobs that took.

        Raises:
            Exception: What a job raised. If several did, an ExceptionGroup of them. The job itself
                is tried again later or parked, as always.
        """
        with self._raised("jobs failed"):
            return await self._running.worker.run_due()

    async def settle(self) -> None:
        """Call the functions of ``@campfire.on`` for all that is stored, until nothing is left.

        What these functions do may cause further events, which are handled as well. Jobs do not
        run.

        Raises:
            Exception: What a function raised. If several did, an ExceptionGroup of them. A job
                calls it again later, as always.
            ConfigurationError: Another process works on the same database.
        """
        with self._raised("functions for events failed"):
            if await self._running.feed.catch_up():
                raise ConfigurationError(
                    "Another process works on this database, or was killed while it did. "
                    "Give each test a database of its own.",
                    field="database_url",
                )

    async def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Move the clock. What becomes due on the way is done at its time, and in order.

        The clock stops at every moment at which a job is due or a schedule begins. There jobs and
        functions for events run until nothing is left, as with :meth:`run_jobs` and
        :meth:`settle`.

        Raises:
            ConfigurationError: The time is negative.
            Exception: What a job or a function raised. The clock then shows when that was, and
                the next call goes on from there.
        """
        way = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if way < timedelta():
            raise ConfigurationError("The clock goes only forward.", field="advance")
        end = self._clock.at + way // _MICROSECOND
        await self._finish()
        while (moment := await self._running.worker.next_moment()) is not None and moment < end:
            self._clock.at = moment
            await self._finish()
        self._clock.at = end
        await self._finish()

    async def _finish(self) -> None:
        """Do what is due and call the functions for events, until both have nothing left."""
        while True:
            await self.settle()
            if not await self.run_jobs():
                return

    @contextlib.contextmanager
    def _raised(self, what: str) -> Generator[None]:
        """Raise what failed meanwhile."""
        self._failures.clear()
        yield
        if len(self._failures) == 1:
            raise self._failures[0]
        if self._failures:
            raise ExceptionGroup(what, list(self._failures))


@contextlib.asynccontextmanager
async def desk(
    campfire: Campfire, *, database_url: str | None = None, now: datetime = BEGINNING
) -> AsyncGenerator[Desk]:
    """Start a ``Campfire`` for a test, and stop it at the end.

    Nothing happens by itself: jobs and the functions of ``@campfire.on`` wait until the test calls
    them, and the clock stands still until the test moves it. The configured database, bus and
    clock are not used.

    Args:
        campfire: The object of your app. It is not started yet; your app may be started inside.
        database_url: A database for this test. Without it there is a new SQLite file, which is
            deleted at the end.
        now: What the clock shows at first; a time with its zone.

    Raises:
        ConfigurationError: The object is started already, or ``now`` has no zone.
        StorageUnavailableError: The database cannot be reached.
        MigrationError: The schema is newer than this version, or the migration failed.
    """
    clock, failures = _Clock(now), list[Exception]()
    with contextlib.ExitStack() as stack:
        if database_url is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="campfire-"))
            database_url = f"sqlite:///{Path(folder).as_posix()}/test.db"
        async with campfire.rehearsal(
            database_url, clock=clock, on_failure=failures.append
        ) as running:
            yield Desk(campfire, running, clock, failures)
