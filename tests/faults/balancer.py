"""A small TCP load balancer: least connections among the workers that say they are ready.

It runs in a process of its own (``python -m tests.faults.balancer PORT …``), so that thousands of
clients who are busy do not hold up what it passes on, nor when it says they came.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Sequence

import httpx
import msgspec
from msgspec import Struct

from tests.faults.arena import MOUNT
from tests.support.servers import ROOT

#: Seconds between looks at every worker's ``ready``.
LOOK = 0.25
#: Seconds for an answer, and for its end; far more than it needs.
PATIENCE = 30.0
#: Bytes of one answer, at most.
LONGEST = 16 * 1024 * 1024


class Seen(Struct, frozen=True):
    """
    Attributes:
        open: How many connections each worker has, by port.
        arrivals: When each connection came in since the last look, by the monotonic clock of the
            machine.
    """

    open: dict[int, int]
    arrivals: list[float]


class Balancer:
    """``async with Balancer(ports) as balancer:`` passes connections on."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self._port = 0
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Balancer:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.balancer", *map(str, self._ports)),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LONGEST,
        )
        self._port = int(await self._line())
        return self

    async def __aexit__(self, *_: object) -> None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        # It ends with its input.
        process.stdin.close()
        async with asyncio.timeout(PATIENCE):
            await process.wait()

    @property
    def base(self) -> str:
        """The address of the mount, through the balancer."""
        return f"http://127.0.0.1:{self._port}{MOUNT}"

    async def look(self) -> Seen:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        return msgspec.json.decode(await self._line(), type=Seen)

    async def _line(self) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the balancer has ended")
        return line


class _Passing:
    """What goes on in the balancer's process."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._open = dict.fromkeys(ports, 0)
        self._ready = set(ports)
        self._arrivals: list[float] = []
        self._connecting: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Near(self), "127.0.0.1", 0, backlog=4096)
        print(server.sockets[0].getsockname()[1], flush=True)
        looking = asyncio.create_task(self._look())
        orders = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
        while await orders.readline():
            print(msgspec.json.encode(Seen(self._open, self._arrivals)).decode(), flush=True)
            self._arrivals = []
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)

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

    def arrived(self, near: _Near) -> None:
        self._arrivals.append(time.monotonic())
        # When nobody is ready, somebody who is not will have to do.
        chosen = min(self._ready or self._open, key=self._open.__getitem__)
        self._open[chosen] += 1
        near.worker = chosen
        task = asyncio.create_task(self._connect(near, chosen))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, near: _Near, port: int) -> None:
        try:
            _, far = await asyncio.get_running_loop().create_connection(_Half, "127.0.0.1", port)
        except OSError:
            near.hang_up()
            return
        far.other, near.other = near, far
        if near.gone or far.gone:
            far.hang_up()
            near.hang_up()
        else:
            near.transport.resume_reading()

    def left(self, near: _Near) -> None:
        self._open[near.worker] -= 1


class _Half(asyncio.Protocol):
    """One of the two connections that belong together; ends with the other."""

    transport: asyncio.Transport
    other: _Half | None = None
    gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        assert self.other is not None
        self.other.transport.write(data)

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        if self.other is not None:
            self.other.hang_up()

    def hang_up(self) -> None:
        self.transport.close()


class _Near(_Half):
    """A client's."""

    worker = 0

    def __init__(self, passing: _Passing) -> None:
        self._passing = passing

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # Until there is somebody to pass it on to.
        self.transport.pause_reading()
        self._passing.arrived(self)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._passing.left(self)


if __name__ == "__main__":
    asyncio.run(_Passing([int(port) for port in sys.argv[1:]]).run())
