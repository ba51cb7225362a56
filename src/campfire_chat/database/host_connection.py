"""A connection of the host app, on which a row is written inside the host's own transaction."""

from __future__ import annotations

import asyncio
import inspect
import os
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Table, text

from campfire_chat.core.errors import ConfigurationError
from campfire_chat.database.lanes import Session
from campfire_chat.database.prepared import Prepared, Row

#: What tells one database from another, as a connection to it sees it. On PostgreSQL: the
#: database, when its server was started, and which table of that name the connection would use.
_IDENTITIES = {
    "postgresql": (
        "SELECT current_database()::text AS name, pg_postmaster_start_time()::text AS started, "
        "to_regclass('campfire_jobs')::oid::text AS jobs"
    ),
    "sqlite": "PRAGMA database_list",
}

#: Seconds between two attempts to write.
_BETWEEN = 0.005

Run = Callable[[str, Sequence[Any]], Any]


class HostConnection:
    """Wraps a connection of SQLAlchemy, asyncpg, aiosqlite or sqlite3.

    Args:
        connection: The host's, inside a transaction.

    Raises:
        ConfigurationError: It is something else, or commits every statement by itself.
    """

    def __init__(self, connection: Any) -> None:
        self._engine, self._mark, self._run = _adapted(connection)
        # While such a connection waits, nothing else runs in this thread.
        module = type(connection).__module__
        self._blocks = not module.startswith(("aiosqlite", "asyncpg", "sqlalchemy.ext.asyncio"))

    async def check_same(self, session: Session) -> None:
        """
        Args:
            session: A session of the desk's own.

        Raises:
            ConfigurationError: The connection is to another database than the desk's.
        """
        if self._engine == session.engine.name:
            sql = _IDENTITIES[self._engine]
            (own,) = await session.run(Prepared(sql))
            (theirs,) = await self._fetch(sql)
            if _same(self._engine, tuple(own), tuple(theirs)):
                return
        raise ConfigurationError(
            "within() needs a connection to the database that campfire-chat uses itself, with its "
            "tables on the search path.",
            field="within",
        )

    async def insert(self, table: Table, row: Row) -> None:
        """Write a row: a value for each column, in their order."""
        names = [column.name for column in table.columns]
        marks = ", ".join(self._mark(number) for number in range(1, len(names) + 1))
        sql = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 - our own names
        if self._blocks and self._engine == "sqlite":
            await self._insert_between(sql, row)
            return
        found = self._run(sql, row)
        if inspect.isawaitable(found):
            await found

    async def _insert_between(self, sql: str, row: Row) -> None:
        """Write a row without waiting in this thread for the lock of the database: a transaction
        of the desk may hold it, which ends only if the event loop goes on.

        Raises:
            Exception: The database is still locked after the timeout of the connection.
        """
        (found,) = await self._fetch("PRAGMA busy_timeout")
        timeout = int(found[0])
        clock = asyncio.get_running_loop().time
        deadline = clock() + timeout / 1000
        self._run("PRAGMA busy_timeout = 0", ())
        try:
            while True:
                try:
                    self._run(sql, row)
                    return
                except Exception as error:
                    if "database is locked" not in str(error) or clock() > deadline:
                        raise
                await asyncio.sleep(_BETWEEN)
        finally:
            self._run(f"PRAGMA busy_timeout = {timeout}", ())

    async def _fetch(self, sql: str) -> Sequence[Any]:
        found = self._run(sql, ())
        if inspect.isawaitable(found):
            found = await found
        if isinstance(found, list):
            return found  # pyright: ignore[reportUnknownVariableType]
        rows = found.fetchall()
        return await rows if inspect.isawaitable(rows) else rows


def _adapted(connection: Any) -> tuple[str, Callable[[int], str], Run]:
    """The name of the engine, how a parameter is written, and what runs a statement."""
    package = type(connection).__module__.partition(".")[0]
    if isinstance(connection, sqlite3.Connection) or package == "aiosqlite":
        # Python 3.12 has a second way to say it.
        alone = connection.isolation_level is None or getattr(connection, "autocommit", 0) is True
        if alone and not connection.in_transaction:
            raise ConfigurationError("within() needs a transaction: begin one.", field="within")
        return "sqlite", lambda _: "?", connection.execute
    if package == "asyncpg":
        if not connection.is_in_transaction():
            raise ConfigurationError("within() needs a transaction: begin one.", field="within")
        # Rows come from `fetch` only; an INSERT gives none.
        return "postgresql", "${}".format, lambda sql, values: connection.fetch(sql, *values)
    if package == "sqlalchemy" and hasattr(connection, "execute"):
        return (
            _engine_of(connection),
            ":p{}".format,
            lambda sql, values: connection.execute(
                text(sql), {f"p{number}": value for number, value in enumerate(values, 1)}
            ),
        )
    raise ConfigurationError(
        "within() takes a connection or session of SQLAlchemy, or a connection of asyncpg, "
        f"aiosqlite or sqlite3, not {type(connection).__name__}.",
        field="within",
    )


def _engine_of(connection: Any) -> str:
    """The engine behind a connection or a session of SQLAlchemy."""
    bind = connection.get_bind() if hasattr(connection, "get_bind") else connection
    return bind.dialect.name


def _same(engine: str, own: Sequence[Any], theirs: Sequence[Any]) -> bool:
    if engine == "sqlite":
        # Number, name and file of the main database; without a file it is in memory.
        return bool(theirs[2]) and os.path.realpath(own[2]) == os.path.realpath(theirs[2])
    return None not in own and list(own) == list(theirs)
