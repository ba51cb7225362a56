"""A tap on the wire between the lanes and PostgreSQL, which breaks it at a chosen moment."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from urllib.parse import urlsplit

#: What a client sends to commit, whichever way it says it.
COMMIT = b"COMMIT\x00"
#: CommandComplete, the server's word that it is durable.
COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"


class Tap:
    """Forwards to a server. Runs on the loop of the test.

    Attributes:
        broken: How often a connection was broken.
        stalled: Whether nothing is passed on any more, in either direction and of any connection.
    """

    def __init__(self, server_url: str) -> None:
        parts = urlsplit(server_url)
        self._upstream = (parts.hostname or "", parts.port or 5432)
        self._parts = parts
        self._server: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self._pattern = b""
        self._times = 0
        self._abort = False
        self.connections = 0
        self.broken = 0
        self.stalled = False

    async def __aenter__(self) -> Tap:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for pump in list(self._pumps):
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        # The transports close their sockets in a turn of their own.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    @property
    def url(self) -> str:
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        user, at, _ = self._parts.netloc.rpartition("@")
        return self._parts._replace(netloc=f"{user}{at}127.0.0.1:{port}").geturl()

    def cut_at(self, pattern: bytes, *, times: int = 1) -> None:
        """Break the connection on which ``pattern`` is seen next, before it is passed on."""
        self._pattern, self._times, self._abort = pattern, times, True

    def stall_at(self, pattern: bytes) -> None:
        """From when ``pattern`` is seen next, that connection passes nothing on; it stays open."""
        self._pattern, self._times, self._abort = pattern, 1, False

    async def _serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            far, forth = await asyncio.open_connection(*self._upstream)
        except OSError:
            back.transport.abort()
            return

        self._writers += (back, forth)

        def abort() -> None:
            back.transport.abort()
            forth.transport.abort()

        dead = asyncio.Event()
        for reader, writer in ((near, forth), (far, back)):
            pump = asyncio.create_task(self._pump(reader, writer, abort, dead))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        abort: Callable[[], None],
        dead: asyncio.Event,
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(64 * 1024):
                # Neither of the two is ever split: each is sent on its own or ends what is sent.
                if self._times and self._pattern in data:
                    self._times -= 1
                    self.broken += 1
                    dead.set()
                    if self._abort:
                        abort()
                if dead.is_set() or self.stalled:
                    continue
                writer.write(data)
                await writer.drain()
        if not dead.is_set() and not self.stalled:
            writer.close()
