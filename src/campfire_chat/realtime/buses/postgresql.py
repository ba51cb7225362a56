"""PostgreSQL's LISTEN and NOTIFY, on two connections of asyncpg: one listens, one publishes.

asyncpg does one thing at a time on a connection. Publishing never happens in the transaction
that writes events: NOTIFY takes a lock of the whole database until its commit.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast

import asyncpg

from campfire_chat.realtime.buses.backend import Backend, describe
from campfire_chat.storage.hosts import one_host_each

logger = logging.getLogger("campfire_chat.realtime")

#: Seconds for connecting, all hosts together, and for a statement.
TIMEOUT = 3.0
#: Seconds that each host has at least, however many there are.
LEAST_TIMEOUT = 1.0


class PostgreSQLBackend(Backend):
    """See the module. Needs a direct connection: through a pooler that hands a connection to
    somebody else after each transaction nothing is heard, which the canary notices."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._hosts = one_host_each(url)
        # asyncpg is typed only in part.
        self._ears: Any = None
        self._mouth: Any = None
        self._speaking = asyncio.Lock()
        self._said: asyncio.Future[Any] | None = None

    async def open(self) -> None:
        self._ears, host = await self._find()
        self._mouth = await self._connect(host, TIMEOUT)
        # A notice is worth nothing after a crash: its commit need not wait for the disk.
        await self._mouth.execute("SET synchronous_commit = off")

    async def _find(self) -> tuple[Any, str]:
        """A connection to the first host that takes one, and which it is."""
        seconds = max(LEAST_TIMEOUT, TIMEOUT / len(self._hosts))
        *others, last = self._hosts
        for host in others:
            try:
                return await self._connect(host, seconds), host
            except (OSError, asyncpg.PostgresError, asyncpg.InternalClientError) as error:
                # Away, or not the primary (any more).
                logger.debug("the bus looks for another host: %s", describe(error))
        return await self._connect(last, seconds), last

    async def _connect(self, host: str, seconds: float) -> Any:
        connection: Any = await cast("Any", asyncpg).connect(
            host,
            # A standby takes no LISTEN.
            target_session_attrs="primary",
            timeout=seconds,
            command_timeout=TIMEOUT,
        )
        connection.add_termination_listener(self._terminated)
        return connection

    def _terminated(self, _: Any) -> None:
        self.fail("the server closed the connection")

    async def listen(self, channel: str) -> None:
        await self._ears.add_listener(channel, self._heard)

    def _heard(self, _connection: Any, _pid: int, channel: str, message: str) -> None:
        self.receive(channel, message)

    async def publish(self, channel: str, message: str) -> None:
        async with self._speaking:
            # Cancelled in the middle, asyncpg makes one more connection to have the server stop as
            # well; closing would cut that short, with a traceback in the log.
            saying = self._mouth.execute("SELECT pg_notify($1, $2)", channel, message)
            said = self._said = asyncio.ensure_future(saying)
            await asyncio.shield(said)

    async def close(self) -> None:
        connections = [item for item in (self._ears, self._mouth) if item is not None]
        self._ears = self._mouth = None
        for connection in connections:
            connection.remove_termination_listener(self._terminated)
            # At once: a server that does not answer would be waited for.
            connection.terminate()
        if self._said is not None:
            await asyncio.gather(self._said, return_exceptions=True)
