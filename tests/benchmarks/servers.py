"""What the benchmarks run against: uvicorn processes, databases and a Redis, all their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.benchmarks.cpu import cpu_seconds
from tests.benchmarks.tables import log
from tests.support.buses import lent_nats, lent_redis
from tests.support.engines import create_postgres_database, drop_postgres_database, postgres_server
from tests.support.ports import free_port
from tests.support.servers import ROOT

#: Seconds a server may take to start or stop.
PATIENCE = 120.0


class Servers:
    """One app in some uvicorn processes, each with a port of its own.

    Args:
        target: What uvicorn imports; a factory when it ends with ``()``.
        profile: Where the first process leaves its cProfile, if it is to make one.
    """

    def __init__(
        self,
        target: str,
        *,
        environment: dict[str, str],
        processes: int = 1,
        profile: Path | None = None,
    ) -> None:
        self.ports: list[int] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        # A peer may complain when its clients go away; that is for those whose run fails.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the servers
        try:
            for number in range(processes):
                self._start(target, environment, profile if number == 0 else None)
        except BaseException:
            self.stop()
            raise

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._processes]

    def _start(self, target: str, environment: dict[str, str], profile: Path | None) -> None:
        port = free_port()
        name, factory = target.removesuffix("()"), target.endswith("()")
        command = [
            *(sys.executable, *(() if profile is None else ("-m", "cProfile", "-o", str(profile)))),
            *("-m", "tests.benchmarks.serve", name, *(("--factory",) if factory else ())),
            *("--port", str(port), "--loop", "uvloop", "--ws", "websockets-sansio"),
            *("--no-access-log", "--log-level", "warning", "--backlog", "4096"),
            *("--timeout-graceful-shutdown", "5"),
        ]
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path, **environment},
            stdout=self._log,
            stderr=self._log,
        )
        self._processes.append(process)
        deadline = time.monotonic() + PATIENCE
        while True:
            if process.poll() is not None:
                raise SystemExit(f"{target} did not start:\n{self.log}")
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                if time.monotonic() > deadline:
                    raise SystemExit(f"{target} did not start in time") from None
                time.sleep(0.05)
            else:
                self.ports.append(port)
                return

    @property
    def log(self) -> str:
        """The last that the processes have written."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-4000:]

    def cpu(self) -> float:
        """Seconds of CPU that the processes have used."""
        return cpu_seconds(self.pids)

    def memory(self) -> int:
        """Bytes that the processes hold: shared pages are shared out (PSS)."""
        return sum(_proportional(pid) for pid in self.pids)

    def stop(self) -> None:
        for process in self._processes:
            process.send_signal(signal.SIGINT)
        for process in self._processes:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._log.close()


def _proportional(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("the system does not tell how much memory a process has")


@contextmanager
def servers(
    target: str, *, processes: int = 1, profile: Path | None = None, **environment: str
) -> Iterator[Servers]:
    running = Servers(target, environment=environment, processes=processes, profile=profile)
    try:
        yield running
    except BaseException:
        log(running.log)
        raise
    finally:
        running.stop()


class Backends:
    """Databases and buses, started when they are first asked for.

    PostgreSQL runs with its defaults, fsync on. A ``database`` that is a URL stands for a server
    that is there already; so does a ``bus``.
    """

    def __init__(self, *, database: str | None = None, bus: str | None = None) -> None:
        self.engines = ["sqlite", "postgresql"]
        self._bus = bus
        self._lent: str | None = None
        if database is not None:
            kind = "sqlite" if database.startswith("sqlite") else "postgresql"
            self.engines = [kind]
            if "://" in database and kind == "postgresql":
                self._lent = database
        self._server: str | None = None
        self._redis: str | None = None
        self._nats: str | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Backends:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def redis(self) -> str:
        if self._redis is None:
            self._redis = self._stack.enter_context(lent_redis())
        return self._redis

    @property
    def bus_name(self) -> str:
        """What the bus between several of our processes is, for a table."""
        return (self._bus or "automatic").partition("://")[0]

    def bus(self, database_url: str) -> str | None:
        """The bus between several of our processes; None for what the package takes by itself."""
        return None if self._bus is None else self.bus_of(self._bus, database_url)

    def bus_of(self, kind: str, database_url: str) -> str:
        """The URL of a bus of a kind; of one that is a URL already, itself."""
        if kind == "redis":
            return self.redis
        if kind == "nats":
            if self._nats is None:
                self._nats = self._stack.enter_context(lent_nats())
            return self._nats
        if kind == "postgresql":
            return database_url
        if kind == "memory":
            return "memory://"
        return kind

    @contextmanager
    def database(self, engine: str) -> Iterator[str]:
        """The URL of an empty database."""
        if engine == "sqlite":
            with tempfile.TemporaryDirectory(prefix="campfire-benchmark-") as folder:
                yield f"sqlite:///{folder}/benchmark.db"
            return
        if self._server is None:
            self._server = self._lent or self._stack.enter_context(postgres_server(durable=True))
        url = create_postgres_database(self._server)
        try:
            yield url
        finally:
            drop_postgres_database(url, self._server)
