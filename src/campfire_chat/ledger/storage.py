"""The storage of one ``Campfire``: its lanes, its ledger and its streams.

Reads use the reader lanes, writes go through the ledger. What they are about is known only to
those who ask.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import can, reaches_all
from campfire_chat.core.clock import Clock
from campfire_chat.database import installation, schema
from campfire_chat.database.engines import engine_of
from campfire_chat.database.lanes import Lanes, Session
from campfire_chat.ledger import event_log
from campfire_chat.ledger.aggregate import AnyKind
from campfire_chat.ledger.event_log import StreamPage
from campfire_chat.ledger.ledger import Ledger, OnCommit
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.stream_access import OwnStream, StreamAccess
from campfire_chat.settings import Migrate, Settings

T = TypeVar("T")


class Storage:
    """See the module.

    Args:
        kinds: The kinds of aggregates.
        own_streams: The kinds of streams that belong to no aggregate, beside the inboxes.
        on_commit: Told of what was committed; see :class:`~campfire_chat.ledger.ledger.Ledger`.
        now: The wall clock.

    Attributes:
        engine: The kind of database.
        epoch: Names the present life of the database. It changes when a backup is restored.
        agent_key: The key from which the ids of agents are derived.
        writer: The lane of the ledger, for other rare writes too.
        readers: The lanes for reading.
    """

    def __init__(
        self,
        database_url: str,
        *,
        settings: Settings,
        kinds: Iterable[AnyKind],
        own_streams: Iterable[OwnStream],
        on_commit: OnCommit,
        now: Clock,
    ) -> None:
        self.engine = engine_of(database_url)
        self.epoch = ""
        self.agent_key = b""
        self.now = now
        self._mode: Migrate = settings.migrate
        limit = settings.write_queue
        self.writer = Lanes(database_url, self.engine, count=1, writable=True, limit=limit)
        self.readers = Lanes(
            database_url, self.engine, count=settings.readers, writable=False, limit=limit
        )
        self._stream_access = StreamAccess(self.readers, kinds, own_streams)
        self._ledger = Ledger(
            self.writer,
            on_commit=on_commit,
            now=now,
            limit=limit,
            limit_size=settings.write_queue_bytes,
        )

    async def start(self) -> None:
        """Connect, update the schema and accept work.

        Raises:
            StorageUnavailableError: The database cannot be reached.
            MigrationError: The schema is not the one that this version needs.
        """
        await self.writer.start()
        try:
            await schema.prepare(self.writer, self.engine, self._mode)
            self.epoch = await self.writer.run(installation.read_epoch)
            self.agent_key = await self.writer.run(installation.read_agent_key)
            await self.readers.start()
            await self._ledger.start()
        except BaseException:
            await self.stop()
            raise

    async def migrate(self) -> str:
        """Only update the schema and return its revision. For the command line."""
        await self.writer.start()
        try:
            return await schema.prepare(self.writer, self.engine, "auto")
        finally:
            await self.writer.stop()

    async def stop(self) -> None:
        """Commit the waiting writes and close the connections."""
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self.writer.stop)
            stack.push_async_callback(self.readers.stop)
            await self._ledger.stop()

    @property
    def healthy(self) -> bool:
        """Whether the database can be written and read right now."""
        return (
            self._ledger.running
            and not self._ledger.outage.lasts
            and self.writer.connected > 0
            and self.readers.connected > 0
        )

    # Writing.

    def submit(self, operation: Operation[T]) -> asyncio.Future[T]:
        """Put an operation into the ledger's queue; see :meth:`Ledger.enqueue`."""
        return self._ledger.enqueue(operation)

    @property
    def congested(self) -> bool:
        """Whether so many writes wait that new sockets are refused."""
        return self._ledger.congested

    def on_deferred(self, look: Callable[[int], None]) -> None:
        """Have ``look`` told when the earliest of the jobs that a commit has deferred may begin."""
        self._ledger.on_deferred = look

    async def admit_writer(self, kind: AnyKind, actor: Actor, aggregate_id: str) -> None:
        """Check permission before a write about an aggregate is queued, so that refused writes
        take no place in the queue. Not needed when permission is known already.

        Whoever may see every aggregate of the organisation is let through at once. For others
        this costs a read, unless the aggregate is in memory.

        Raises:
            NotFoundError: There is no such aggregate, or not one that the caller may see.
        """
        if can(actor, kind.permission) and reaches_all(actor):
            return
        if not self._ledger.lets(kind, actor, aggregate_id):
            await self._stream_access.check(kind, actor, aggregate_id)

    # Reading.

    async def read(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Read with a session of a reader lane.

        Raises:
            OverloadedError: Too much work is waiting.
            StorageUnavailableError: The database cannot be reached.
        """
        return await self.readers.run(work)

    async def authorize_stream(self, actor: Actor, name: str) -> int:
        """The head of a stream, if the caller belongs to its audience.

        Raises:
            NotFoundError: No such stream, or not one that the caller may see.
        """
        return await self._stream_access.admit(actor, name)

    async def stream_page(
        self, organization: str, name: str, after: int, limit: int = event_log.PAGE_EVENTS
    ) -> StreamPage:
        """Events of a stream, whoever may see them."""
        return await self.read(
            lambda session: event_log.read_page(session, organization, name, after, limit)
        )

    async def stream_page_for(
        self, actor: Actor, name: str, after: int, limit: int = event_log.PAGE_EVENTS
    ) -> StreamPage:
        """Events of a stream to whose audience a caller was admitted, as they may see them."""
        page = await self.stream_page(actor.organization, name, after, limit)
        return await self._stream_access.screen(actor, name, page)

    async def newest_events(
        self, organization: str, names: Sequence[str], depth: int
    ) -> list[tuple[str, int, str]]:
        """The last ``depth`` events of each of several streams: name, seq and wire text."""
        return await self.read(
            lambda session: event_log.newest(session, organization, names, depth)
        )

    async def appended(self, organization: str, after: int, head: int) -> set[str] | None:
        """The streams to which commits have appended, told by their entries of the inbox after
        ``after`` up to ``head``. None if that cannot be told."""
        return await self.read(
            lambda session: event_log.appended(session, organization, after, head)
        )

    async def stream_heads(self, organization: str, names: Sequence[str]) -> dict[str, int]:
        """The heads of streams. Streams without events are left out."""
        return await self.read(lambda session: event_log.heads(session, organization, names))

    async def inbox_heads(self, organizations: Sequence[str]) -> dict[str, int]:
        """The heads of inboxes. Every event of an organisation also advances its inbox."""
        return await self.read(lambda session: event_log.inbox_heads(session, organizations))
