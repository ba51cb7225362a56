"""A tiny real reverse proxy, which strips its prefix or leaves it, as nginx does either way."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any


class Proxy:
    """Forwards ``http://127.0.0.1:<port><prefix>/…`` to a server, WebSockets included.

    Args:
        upstream: The port to forward to.
        prefix: What public paths begin with.
        strip: Whether the upstream sees paths without the prefix.
    """

    def __init__(self, upstream: int, *, prefix: str, strip: bool) -> None:
        self.upstream = upstream
        self.prefix = prefix
        self.strip = strip
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Proxy:
        self._thread.start()
        self._call(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        far: asyncio.StreamWriter | None = None
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            line, _, rest = head.partition(b"\r\n")
            method, path, version = line.split(b" ")
            prefix = self.prefix.encode()
            if path != prefix and not path.startswith(prefix + b"/"):
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                return
            if self.strip:
                path = path[len(prefix) :] or b"/"
            upgrade = b"upgrade: websocket" in rest.lower()
            headers = [
                header
                for header in rest[:-4].split(b"\r\n")
                if upgrade or not header.lower().startswith(b"connection:")
            ]
            headers += [b"X-Forwarded-Proto: https", b"X-Forwarded-For: 192.0.2.7"]
            if not upgrade:
                # One request per connection: nothing of a second one has to be rewritten.
                headers.append(b"Connection: close")
            far_reader, far = await asyncio.open_connection("127.0.0.1", self.upstream)
            first = b" ".join((method, path, version))
            far.write(b"\r\n".join((first, *headers)) + b"\r\n\r\n")
            await asyncio.gather(self._pump(reader, far), self._pump(far_reader, writer))
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._tasks.discard(task)
            for side in (writer, far):
                if side is not None:
                    with contextlib.suppress(OSError):
                        await self._finish(side)

    @staticmethod
    async def _finish(writer: asyncio.StreamWriter) -> None:
        writer.close()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await writer.wait_closed()

    @staticmethod
    async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(64 * 1024):
                writer.write(data)
                await writer.drain()
        if writer.can_write_eof():
            with contextlib.suppress(OSError):
                writer.write_eof()
