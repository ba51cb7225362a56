"""Redis or Valkey, on two connections of redis-py: one listens, one publishes.

Only the connections are used, not the client. The way the client reconnects differs between
versions, and with a socket timeout it treats a quiet channel as a broken one.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, cast

from redis.asyncio.connection import ConnectionPool, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from campfire_chat.realtime.buses.backend import Backend

#: Seconds for the TCP (and TLS) connection.
CONNECT_TIMEOUT = 3.0


class RedisBackend(Backend):
    """See the module. Works with redis-py 5 and later."""

    def __init__(self, url: str) -> None:
        super().__init__()
        # Protocol 2: with protocol 3 the way messages are delivered differs between versions.
        # redis-py is typed only in part.
        pool: Any = cast("Any", ConnectionPool).from_url(
            url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=CONNECT_TIMEOUT,
        )
        options = pool.connection_kwargs
        options["socket_timeout"] = None
        if issubclass(pool.connection_class, SSLConnection):
            # redis-py 5 accepts a certificate with any name. Where the URL asks for no verification
            # there is no name to check, and redis-py 5 fails when told to.
            options.setdefault("ssl_check_hostname", options.get("ssl_cert_reqs") != "none")
        self._ears: Any = pool.make_connection()
        self._mouth: Any = pool.make_connection()
        self._speaking = asyncio.Lock()
        self._reader: asyncio.Task[None] | None = None

    async def open(self) -> None:
        try:
            await self._ears.connect()
            await self._mouth.connect()
        except RedisConnectionError as error:
            # For a refused certificate redis-py 5 reports only "Error 1".
            if isinstance(error.__context__, ssl.SSLError):
                raise error.__context__ from None
            raise

    async def listen(self, channel: str) -> None:
        await self._ears.send_command("SUBSCRIBE", channel)
        # The confirmation. Everything after it is messages.
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
