"""From a bus URL to its backend, and from a database to the bus that fits it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import NamedTuple

from campfire_chat.addresses import check_url, scheme_of
from campfire_chat.errors import ConfigurationError
from campfire_chat.realtime.buses.backend import Backend
from campfire_chat.realtime.buses.memory import MemoryBackend


class Kind(NamedTuple):
    """A kind of bus.

    Attributes:
        name: What it is called in logs and answers.
        make: Makes a backend from the URL.
        driver: The module it needs besides this package.
        extra: The extra of this package that brings the driver.
    """

    name: str
    make: Callable[[str], Backend]
    driver: str | None = None
    extra: str | None = None


# Loaded when they are needed: a driver costs memory and time, and may not be there.


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

#: What the name of the SQLite bus's file ends with.
SIDE_FILE = "-bus"


def kind_of(url: str) -> Kind:
    """The kind of bus that a URL names.

    Raises:
        ConfigurationError: There is none, its driver is not installed, or the URL cannot be read.
    """
    scheme = scheme_of(url)
    kind = KINDS.get(scheme)
    if kind is None:
        raise ConfigurationError(
            f"No bus for {scheme or 'a URL without a scheme'!r}; use redis://…, rediss://…, "
            "postgresql://…, nats://…, memory://, or leave it out",
            field="bus_url",
        )
    check_url(url, field="bus_url")
    if kind.driver is not None and importlib.util.find_spec(kind.driver) is None:
        raise ConfigurationError(
            f"A bus at {scheme}://… needs {kind.driver}: pip install 'campfire-chat[{kind.extra}]'",
            field="bus_url",
        )
    if kind.name == "sqlite" and not url.partition("?")[0].endswith(SIDE_FILE):
        # It is deleted when it is damaged; nobody's data may be taken for it.
        raise ConfigurationError(
            f"The file of an SQLite bus is one of its own, whose name ends with {SIDE_FILE}, "
            f"such as sqlite:///support.db{SIDE_FILE}",
            field="bus_url",
        )
    return kind


def bus_for(database_url: str) -> str:
    """The URL of the bus that needs nothing besides the database."""
    scheme = scheme_of(database_url)
    if scheme.startswith("sqlite"):
        return f"sqlite://{database_url.partition('://')[2].partition('?')[0]}{SIDE_FILE}"
    return database_url
