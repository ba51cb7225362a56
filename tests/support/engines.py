"""Database engines for the tests: started here, cleaned up here, or lent by the environment."""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tests.support.postgres import PATIENCE, EngineMissing, PostgresServer, execute, run_apart

__all__ = ["EngineMissing", "run_apart"]

#: A URL here (``postgresql://user:password@host:port/any``) replaces the server from the wheel.
POSTGRES_URL = "CAMPFIRE_TEST_POSTGRES_URL"

_names = itertools.count(1)


@contextlib.contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """The URL of a PostgreSQL server, without a database name.

    Args:
        durable: Keep fsync on. Tests kill our server, never PostgreSQL, so they do without.
    """
    if lent := os.environ.get(POSTGRES_URL):
        yield lent
        return
    with PostgresServer(durable=durable) as server:
        yield server.url


def with_database(server: str, name: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def unique_name(label: str = "t") -> str:
    return f"cf_{label}_{os.getpid()}_{next(_names)}_{secrets.token_hex(3)}"


def create_postgres_database(server: str, *, template: str | None = None) -> str:
    """A new database on ``server``; the URL of it. A template makes it a copy, in some 30 ms."""
    name = unique_name()
    suffix = f' TEMPLATE "{template}" STRATEGY FILE_COPY' if template else ""
    run_apart(_when_unused(server, f'CREATE DATABASE "{name}"{suffix}'))
    return with_database(server, name)


def drop_postgres_database(url: str, server: str) -> None:
    name = urlsplit(url).path.lstrip("/")
    run_apart(_when_unused(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


async def _when_unused(server: str, statement: str) -> None:
    """Run a statement about a database that nobody may be connected to.

    A connection that was closed lasts until its process has ended, for which the server waits five
    seconds at most."""
    import asyncpg

    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return await execute(server, statement)
        except asyncpg.ObjectInUseError:
            if time.monotonic() > deadline:
                raise


def copy_sqlite(template: Path, target: Path) -> str:
    """A copy of a migrated SQLite file; the URL of it."""
    shutil.copyfile(template, target)
    return f"sqlite:///{target}"
