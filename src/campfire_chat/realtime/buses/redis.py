"""Redis or Valkey, on two connections of redis-py: one listens, one publishes.

Only the connections are used, not the client: its reconnecting differs between versions, and
with a socket timeout it takes a quiet channel for a dead one.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from redis.asyncio.connection import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from campfire_chat.realtime.buses.backend import Backend

#: Seconds for the TCP (and TLS) connection.
CONNECT_TIMEOUT = 3.0


class RedisBackend(Backend):
    """See the module. Works with redis-py 5 and later."""

    def __init__(self, url: str) -> None:
        super().__init__()
        # The second protocol: the third delivers messages in ways that differ by version.
        # redis-py is typed only in part.
        pool: Any = cast("Any", ConnectionPool).from_url(
            url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=CONNECT_TIMEOUT,
        )
        pool.connection_kwargs["socket_timeout"] = None
        self._ears: Any = pool.make_connection()
        self._mouth: Any = pool.make_connection()
        self._speaking = asyncio.Lock()
        self._reader: asyncio.Task[None] | None = None

    async def open(self) -> None:
        await self._ears.connect()
        await self._mouth.connect()

    async def listen(self, channel: str) -> None:
        await self._ears.send_command("SUBSCRIBE", channel)
        # Its confirmation; everything that follows is messages.
        await self._ears.read_response(disable_decoding=True)
        self._reader = asyncio.create_task(self._read(channel), name="campfire-bus-redis")

    async def _read(self, channel: str) -> None:
        try:
            while True:
                # [b"message", channel, data]
                *_, message = await self._ears.read_response(disable_decoding=True)
                self.receive(channel, message)
        except Exception as error:
            self.fail(error)

    async def publish(self, channel: str, message: str) -> None:
        async with self._speaking:
            await self._mouth.send_command("PUBLISH", channel, message)
            await self._mouth.read_response(disable_decoding=True)

    async def close(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        await self._ears.disconnect()
        await self._mouth.disconnect()
