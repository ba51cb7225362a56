"""PostgreSQL's LISTEN and NOTIFY, on two connections of asyncpg: one listens, one publishes.

asyncpg does one thing at a time on a connection. Publishing never happens in the transaction
that writes events: NOTIFY takes a lock of the whole database until its commit.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, cast

import asyncpg

from campfire_chat.database.postgresql_urls import one_host_each
from campfire_chat.realtime.buses.backend import Backend, describe

#: Seconds for finding a server that accepts connections, and for a statement.
TIMEOUT = 3.0
#: Least number of seconds for each server, however many there are.
LEAST_TIMEOUT = 0.5


class PostgreSQLBackend(Backend):
    """See the module. Needs a direct connection. Through a pooler in transaction mode no
    notification arrives, which the canary shows."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._dsns = one_host_each(url)
        # asyncpg is typed only in part.
        self._ears: Any = None
        self._mouth: Any = None
        self._speaking = asyncio.Lock()
        self._statement: asyncio.Future[Any] | None = None

    async def open(self) -> None:
        self._ears, dsn = await self._find()
        self._mouth = await self._connect(dsn, TIMEOUT)
        # A notification is useless after a crash, so its commit need not wait for the disk.
        await self._mouth.execute("SET synchronous_commit = off")

    async def _find(self) -> tuple[Any, str]:
        """Connect to the first server that accepts writes.

        The time that a refusing server did not use is available for the others.
        """
        deadline = time.monotonic() + TIMEOUT
        reasons: list[str] = []
        for left, dsn in zip(range(len(self._dsns), 0, -1), self._dsns, strict=True):
            seconds = max(LEAST_TIMEOUT, (deadline - time.monotonic()) / left)
            try:
                return await self._connect(dsn, seconds), dsn
            except (OSError, asyncpg.PostgresError, asyncpg.InternalClientError) as error:
                # Unreachable, or not the primary.
                reasons.append(describe(error))
        raise ConnectionError("; ".join(reasons))

    async def _connect(self, dsn: str, seconds: float) -> Any:
        connection: Any = await cast("Any", asyncpg).connect(
            dsn,
            # A standby does not support LISTEN.
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
            # Cancelled, or out of time, asyncpg makes one more connection to have the server stop
            # as well; closing would cut that short, with a traceback in the log. So it is left
            # alone: whoever gives up waiting closes this backend and takes another one.
            saying = self._mouth.execute(
                "SELECT pg_notify($1, $2)", channel, message, timeout=2 * TIMEOUT
            )
            statement = self._statement = asyncio.ensure_future(saying)
            await asyncio.wait({statement})
            statement.result()

    async def close(self) -> None:
        connections = [item for item in (self._ears, self._mouth) if item is not None]
        self._ears = self._mouth = None
        for connection in connections:
            connection.remove_termination_listener(self._terminated)
            # At once: a server that does not answer would be waited for.
            connection.terminate()
        if self._statement is not None:
            await asyncio.gather(self._statement, return_exceptions=True)
