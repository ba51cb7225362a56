"""The arena: several worker processes on one database and one bus, to be killed at will."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import httpx

from tests.faults.scenario import Setting
from tests.support import host
from tests.support.servers import PATIENCE, ProcessServer

MOUNT = "/support"

#: What the workers of a scenario run with unless it says otherwise: a heartbeat that can be
#: waited for, everything else as a host would have it.
OPTIONS: dict[str, Any] = {"heartbeat": 2.0, "hello_timeout": 5.0, "drain_window": 2.0}


class Arena:
    """``async with Arena(setting) as arena:`` has its workers up, each at a port that it keeps.

    Args:
        setting: Names database and bus.
        workers: How many processes.
        environment: Added to the environment of every worker.
        arguments: Added to uvicorn's command line.
        **options: The Campfire's settings; they come on top of :data:`OPTIONS`.
    """

    def __init__(
        self,
        setting: Setting,
        *,
        workers: int = 2,
        environment: dict[str, str] | None = None,
        arguments: tuple[str, ...] = (),
        **options: Any,
    ) -> None:
        self.setting = setting
        chosen = {**OPTIONS, **options}
        if setting.bus_url is not None:
            chosen.setdefault("bus_url", setting.bus_url)
        shared = {
            host.DATABASE_URL: setting.database_url,
            host.OPTIONS: json.dumps(chosen),
            host.PATH: MOUNT,
            **(environment or {}),
        }
        self.servers = [
            ProcessServer(
                "tests.support.host:from_environment()",
                environment=shared,
                mount=MOUNT,
                arguments=("--no-access-log", "--timeout-graceful-shutdown", "10", *arguments),
            )
            for _ in range(workers)
        ]

    async def __aenter__(self) -> Arena:
        # The first one migrates.
        try:
            await self.start(0)
            await asyncio.gather(*(self.start(i) for i in range(1, len(self.servers))))
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self.servers:
            await asyncio.to_thread(server.close)

    @property
    def bases(self) -> list[str]:
        """The address of the mount in each worker."""
        return [f"{server.url}{MOUNT}" for server in self.servers]

    @property
    def pids(self) -> list[int]:
        """The process ids of the workers that run."""
        return [server.pid for server in self.servers if server.runs]

    async def start(self, number: int) -> None:
        """Start a worker and wait until it is ready."""
        await asyncio.to_thread(self.servers[number].start)

    async def kill(self, number: int) -> None:
        """SIGKILL: nothing gets to run any more."""
        await asyncio.to_thread(self.servers[number].kill)

    async def terminate(self, number: int) -> tuple[int, float]:
        """SIGTERM; the exit status, and the seconds until the process had ended."""
        return await asyncio.to_thread(self.servers[number].terminate)

    def signal(self, number: int, what: signal.Signals) -> None:
        self.servers[number].signal(what)

    async def ready(self, number: int) -> bool:
        """Whether a worker says it can be sent traffic."""
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
                response = await client.get(f"{self.bases[number]}/api/v1/health/ready")
        except httpx.TransportError:
            return False
        return response.status_code == 200

    async def until_ready(self, number: int, *, seconds: float = PATIENCE) -> None:
        async with asyncio.timeout(seconds):
            while not await self.ready(number):
                await asyncio.sleep(0.05)

    def log(self, number: int) -> str:
        """What a worker has printed so far."""
        return self.servers[number].log


class Usage:
    """What a process holds, as Linux's ``/proc`` says."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")

    @property
    def memory(self) -> int:
        """Bytes that are its own: what would be free if it went (USS)."""
        rollup = (self._folder / "smaps_rollup").read_text()
        fields = dict(
            line.split(":", 1) for line in rollup.splitlines()[1:] if line.count(":") == 1
        )
        kilobytes = (int(fields[name].split()[0]) for name in ("Private_Clean", "Private_Dirty"))
        return 1024 * sum(kilobytes)

    @property
    def descriptors(self) -> int:
        return sum(1 for _ in (self._folder / "fd").iterdir())

    @property
    def threads(self) -> int:
        return sum(1 for _ in (self._folder / "task").iterdir())


def machine() -> str:
    """The processor and memory of this machine, in one line."""
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout.strip()
    memory = Path("/proc/meminfo").read_text().split("MemTotal:")[1].split()[0]
    models = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return f"{cores} × {models[0] if models else 'CPU'}, {int(memory) / 2**20:.0f} GiB"
