"""NATS core messages through nats-py. Its reconnecting is off: a new backend is created instead."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from urllib.parse import urlsplit

from nats.aio.client import Client
from nats.errors import NoServersError

from campfire_chat.realtime.buses.backend import INBOX, Backend

#: Seconds for connecting, and for the server to confirm.
TIMEOUT = 3
#: Seconds for closing a connection that was never used.
GOODBYE = 0.1


class _Client(Client):
    """nats-py begins TLS only when the server asks for it, whatever the scheme, and sends the
    password in either case. With ``tls://``, nothing is sent here to a server that does not
    ask."""

    def __init__(self, *, tls: bool) -> None:
        super().__init__()
        self._tls = tls
        self.held_to_tls = not tls

    def _connect_command(self) -> bytes:
        # Builds the first command, which contains the password. TLS would have begun before it.
        if self._tls and not self._server_info.get("tls_required"):
            raise ConnectionError("the server does not ask for TLS")
        self.held_to_tls = True
        return super()._connect_command()


class NATSBackend(Backend):
    """See the module."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        # nats-py is typed only in part. Created here, so that one abandoned half-way through
        # its connecting can be closed.
        self._client: Any = _Client(tls=urlsplit(url).scheme == "tls")

    async def open(self) -> None:
        try:
            await self._client.connect(
                self._url,
                allow_reconnect=False,
                # Otherwise it tries for two minutes before it reports that there is no server.
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                connect_timeout=TIMEOUT,
                error_cb=self._complained,
                closed_cb=self._closed,
            )
        except NoServersError as error:
            # The reported error says more.
            raise ConnectionError(self.failed.result() if self.failed.done() else error) from None
        if not self._client.held_to_tls:
            # The overridden method is not public. If nats-py changes it, this must fail.
            raise ConnectionError("this version of nats-py cannot be made to require TLS")

    async def _complained(self, error: Exception) -> None:
        self.fail(error)

    async def _closed(self) -> None:
        self.fail("the connection was closed")

    async def listen(self, channel: str) -> None:
        await self._client.subscribe(channel, cb=self._heard, pending_msgs_limit=INBOX)
        # nats-py writes the ping of a flush at once, past a subscription that its own task has yet
        # to write. By the answer to the first one that is written; the second one comes after it,
        # and its answer says that the server has taken the subscription.
        for _ in range(2):
            await self._client.flush(TIMEOUT)

    async def _heard(self, message: Any) -> None:
        self.receive(message.subject, message.data)

    async def publish(self, channel: str, message: str) -> None:
        await self._client.publish(channel, message.encode())

    async def close(self) -> None:
        if self._client.is_closed:
            return
        # After a TLS handshake that failed nats-py closes the connection and then waits for an end
        # that it is never told of; the reason of the failure would wait along with it.
        patience = None if self._client.is_connected else GOODBYE
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._client.close()
