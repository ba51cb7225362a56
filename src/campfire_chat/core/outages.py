"""Distinguishes outages from bugs: does an exception of the host app mean that something it needs,
such as its database, cannot be reached right now?

No driver is imported. An exception is judged by the names of its classes, and by attributes that
drivers share (``sqlstate``, ``sqlite_errorname``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

#: Names of exception classes that mean: unreachable, no connection available, or no answer in
#: time. They, or classes derived from them, are raised by SQLAlchemy, Django, the DB-API drivers,
#: asyncpg, redis, pymongo, httpx, requests, aiohttp and many others.
_NAMES = frozenset(
    {
        *("OperationalError", "InterfaceError", "DisconnectionError"),
        *("ConnectionError", "TimeoutError", "Timeout", "TransportError", "PoolTimeout"),
        *("PostgresConnectionError", "CannotConnectNowError", "TooManyConnectionsError"),
        *("ClientConnectionError", "ConnectionFailure", "AutoReconnect", "BusyLoadingError"),
    }
)
#: Classes of SQLSTATE: 08 connection, 53 resources, 57P server stops or starts, 58 system error.
_SQLSTATES = ("08", "53", "57P", "58")
#: SQLite has one exception class for all errors, so the beginnings of its error names decide.
_SQLITE = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL")
#: Greatest number of exceptions in a chain that are examined.
_DEPTH = 8


def is_outage(error: BaseException) -> bool:
    """Whether a repetition may succeed later, because something could not be reached.

    Errors are judged with those that they wrap: ``raise X from error``, the ``orig`` of
    SQLAlchemy. A group is an outage when all of its members are.
    """
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        return all(is_outage(member) for member in group.exceptions)
    links = list(_chain(error))
    for link in links:
        told: Any = getattr(link, "sqlite_errorname", None)
        if isinstance(told, str):
            # A missing table is an OperationalError too.
            return told.startswith(_SQLITE)
    return any(_says_outage(link) for link in links)


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    for _ in range(_DEPTH):
        if link is None:
            return
        yield link
        original = getattr(link, "orig", None)
        link = original if isinstance(original, BaseException) else link.__cause__


def _says_outage(error: BaseException) -> bool:
    if isinstance(error, OSError):
        # ConnectionError, TimeoutError, a name that cannot be resolved, a missing socket file.
        return True
    state: Any = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    if isinstance(state, str) and state.startswith(_SQLSTATES):
        return True
    return not _NAMES.isdisjoint(kind.__name__ for kind in type(error).__mro__)
