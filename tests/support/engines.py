"""Database engines for the tests: started here, cleaned up here, or lent by the environment."""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tests.support.postgres import EngineMissing, PostgresServer, execute, free_port, run_apart

__all__ = ["EngineMissing", "free_port", "run_apart"]

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
    run_apart(execute(server, f'CREATE DATABASE "{name}"{suffix}'))
    return with_database(server, name)


def drop_postgres_database(url: str, server: str) -> None:
    name = urlsplit(url).path.lstrip("/")
    run_apart(execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def copy_sqlite(template: Path, target: Path) -> str:
    """A copy of a migrated SQLite file; the URL of it."""
    shutil.copyfile(template, target)
    return f"sqlite:///{target}"
