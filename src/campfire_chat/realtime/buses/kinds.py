"""Finds the backend for a bus URL, and the default bus for a database."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import NamedTuple

from campfire_chat.configuration import check_url_is_text, named
from campfire_chat.core.errors import ConfigurationError
from campfire_chat.core.urls import check_url, scheme_of
from campfire_chat.realtime.buses.backend import Backend
from campfire_chat.realtime.buses.memory import MemoryBackend


class Kind(NamedTuple):
    """A kind of bus.

    Attributes:
        name: Its name in logs and answers.
        make: Creates a backend from the URL.
        driver: The Python module that it needs.
        extra: The extra of campfire-chat that installs the driver.
    """

    name: str
    make: Callable[[str], Backend]
    driver: str | None = None
    extra: str | None = None


# Imported when needed: a driver costs memory and time, and may be missing.


def _memory(_: str) -> Backend:
    return MemoryBackend()


def _sqlite(url: str) -> Backend:
    from campfire_chat.realtime.buses.sqlite import SQLiteBackend

    return SQLiteBackend(url)


def _redis(url: str) -> Backend:
    from campfire_chat.realtime.buses.redis import RedisBackend

    return RedisBackend(url)


def _postgresql(url: str) -> Backend:
    from campfire_chat.realtime.buses.postgresql import PostgreSQLBackend

    return PostgreSQLBackend(url)


def _nats(url: str) -> Backend:
    from campfire_chat.realtime.buses.nats import NATSBackend

    return NATSBackend(url)


_REDIS = Kind("redis", _redis, "redis", "redis")
_POSTGRESQL = Kind("postgresql", _postgresql, "asyncpg", "postgres")
_NATS = Kind("nats", _nats, "nats", "nats")

#: By the scheme of the URL.
KINDS: dict[str, Kind] = {
    "memory": Kind("memory", _memory),
    "sqlite": Kind("sqlite", _sqlite),
    "redis": _REDIS,
    "rediss": _REDIS,
    "postgresql": _POSTGRESQL,
    "postgres": _POSTGRESQL,
    "postgresql+asyncpg": _POSTGRESQL,
    "nats": _NATS,
    "tls": _NATS,
}

#: The ending of the file name of an SQLite bus.
SIDE_FILE = "-bus"


def kind_of(url: str) -> Kind:
    """The kind of bus that a URL names.

    Raises:
        ConfigurationError: The kind does not exist, its driver is not installed, or the URL is
            not valid.
    """
    check_url_is_text(url, field="bus_url", example="redis://cache.internal:6379")
    scheme = scheme_of(url)
    kind = KINDS.get(scheme)
    if kind is None:
        raise ConfigurationError(
            f"campfire-chat has no bus for {named(scheme)}. Write redis://…, rediss://…, "
            "postgresql://…, nats://…, tls://… or memory://, or leave bus_url out.",
            field="bus_url",
        )
    check_url(url, field="bus_url")
    if kind.driver is not None and importlib.util.find_spec(kind.driver) is None:
        raise ConfigurationError(
            f"A bus at {scheme}://… needs {kind.driver}: pip install 'campfire-chat[{kind.extra}]'",
            field="bus_url",
        )
    if kind.name == "sqlite" and not url.partition("?")[0].endswith(SIDE_FILE):
        # A damaged bus file is deleted, so no other file may be used as one.
        raise ConfigurationError(
            f"The name of the file of an SQLite bus must end with {SIDE_FILE}, "
            f"such as sqlite:///support.db{SIDE_FILE}",
            field="bus_url",
        )
    return kind


def bus_for(database_url: str) -> str:
    """The URL of the bus that comes with the database."""
    scheme = scheme_of(database_url)
    if scheme.startswith("sqlite"):
        return f"sqlite://{database_url.partition('://')[2].partition('?')[0]}{SIDE_FILE}"
    return database_url
