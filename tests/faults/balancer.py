"""A small TCP load balancer: least connections among the workers that say they are ready."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence

import httpx

from tests.faults.arena import MOUNT

#: Seconds between looks at every worker's ``ready``.
LOOK = 0.25


class Balancer:
    """``async with Balancer(ports) as balancer:`` passes connections on.

    Attributes:
        arrivals: When each connection came in.
    """

    def __init__(self, ports: Sequence[int]) -> None:
        self.arrivals: list[float] = []
        self._open = dict.fromkeys(ports, 0)
        self._ready = set(ports)
        self._server: asyncio.Server | None = None
        self._looking: asyncio.Task[None] | None = None
        self._passing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Balancer:
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", 0, backlog=4096, limit=256 * 1024
        )
        self._looking = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [*self._passing, *filter(None, [self._looking])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._server is not None:
            self._server.close()

    @property
    def base(self) -> str:
        """The address of the mount, through the balancer."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{MOUNT}"

    def connections(self, port: int) -> int:
        """How many a worker has."""
        return self._open[port]

    async def _look(self) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            while True:
                for port in self._open:
                    url = f"http://127.0.0.1:{port}{MOUNT}/api/v1/health/ready"
                    ready = False
                    with contextlib.suppress(httpx.TransportError):
                        ready = (await client.get(url)).status_code == 200
                    (self._ready.add if ready else self._ready.discard)(port)
                await asyncio.sleep(LOOK)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.arrivals.append(time.monotonic())
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        try:
            await self._pass(reader, writer)
        except (OSError, asyncio.CancelledError):
            # Either side has gone, or all is over. asyncio's streams complain of handlers that
            # end by being cancelled.
            pass
        finally:
            self._passing.discard(task)
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Nobody is ready: the first that can be reached at all will have to do.
        chosen = min(self._ready or self._open, key=self._open.__getitem__)
        self._open[chosen] += 1
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", chosen, limit=256 * 1024)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(_copy(reader, forth))
                    group.create_task(_copy(back, writer))
            finally:
                forth.close()
        finally:
            self._open[chosen] -= 1


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    # Half a connection is of no use to a WebSocket.
    writer.close()
