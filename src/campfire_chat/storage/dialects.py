"""Where the engines differ, and nowhere else.

An ordinary query is a SQLAlchemy expression that ``databases`` compiles at every call. A hot one is
a :class:`Statement`, compiled once per engine and run on the raw connection that ``databases``
holds, which costs a tenth.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, cast
from urllib.parse import urlsplit

from sqlalchemy import (
    ColumnElement,
    String,
    Table,
    and_,
    any_,
    bindparam,
    column,
    func,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import asyncpg as postgresql_asyncpg
from sqlalchemy.engine import Dialect as CoreDialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.errors import ConfigurationError

Row = Sequence[Any]


class Failure(Enum):
    """What can be done about an exception of the engine."""

    CONNECTION = "connection"  # the connection is gone; a new one may work
    CONFLICT = "conflict"  # another transaction was in the way; repeat
    UNAVAILABLE = "unavailable"  # disk full, read-only, …: repeat later
    STATEMENT = "statement"  # this statement is wrong; repeating is useless


class Statement:
    """A query with bind parameters that is compiled once per engine.

    ``build`` is given the engine, since upserts and lists are spelled differently.
    """

    def __init__(self, build: Callable[[Engine], ClauseElement]) -> None:
        self._build = build
        self._compiled: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {}

    def on(self, engine: Engine) -> tuple[str, tuple[str, ...], dict[str, Any]]:
        """The SQL text, the order of its parameters and those that have a fixed value."""
        found = self._compiled.get(engine.name)
        if found is None:
            compiled = cast(
                "SQLCompiler",
                self._build(engine).compile(
                    dialect=engine.core, compile_kwargs={"render_postcompile": True}
                ),
            )
            order = tuple(compiled.positiontup or ())
            fixed = {key: value for key, value in compiled.params.items() if value is not None}
            found = self._compiled[engine.name] = (compiled.string, order, fixed)
        return found


class Engine(ABC):
    """One kind of database."""

    name: str
    core: CoreDialect
    begin: str
    lock_rows: bool

    @abstractmethod
    def options(self) -> dict[str, Any]:
        """What ``databases.Database`` is given besides the URL."""

    @abstractmethod
    def setup(self, *, writable: bool) -> list[str]:
        """What a fresh connection runs first."""

    @abstractmethod
    def upsert(self, table: Table) -> Any:
        """An INSERT that can say ON CONFLICT."""

    @abstractmethod
    def among(
        self, organization: ColumnElement[str], what: ColumnElement[str], parameter: str
    ) -> ColumnElement[bool]:
        """Whether ``organization`` is the parameter ``org_id`` and ``what`` is one of a list.

        The list is one parameter, so that the SQL text stays the same however long it is.
        """

    @abstractmethod
    def list_value(self, values: Sequence[str]) -> Any:
        """A list as the parameter of :meth:`among`."""

    @abstractmethod
    def classify(self, error: BaseException) -> Failure: ...

    @abstractmethod
    async def fetch(self, raw: Any, sql: str, values: Sequence[Any]) -> Sequence[Row]: ...

    @abstractmethod
    async def many(self, raw: Any, sql: str, rows: Sequence[Sequence[Any]]) -> None: ...

    @abstractmethod
    async def command(self, raw: Any, sql: str) -> None:
        """Run SQL that returns nothing, such as BEGIN."""

    @abstractmethod
    def in_transaction(self, raw: Any) -> bool: ...


class SQLiteEngine(Engine):
    """SQLite in WAL mode with fsync at every commit (https://sqlite.org/wal.html)."""

    name = "sqlite"
    # A deferred BEGIN takes the write lock too late and then fails instead of waiting.
    begin = "BEGIN IMMEDIATE"
    lock_rows = False

    def __init__(self) -> None:
        self.core = sqlite.dialect(paramstyle="qmark")

    def options(self) -> dict[str, Any]:
        return {"timeout": 10.0, "cached_statements": 256}

    def setup(self, *, writable: bool) -> list[str]:
        statements = ["PRAGMA busy_timeout = 10000", "PRAGMA cache_size = -32768"]
        if writable:
            return [
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                # 16 MB between checkpoints: hot pages are then copied back once instead of often.
                "PRAGMA wal_autocheckpoint = 4000",
                *statements,
            ]
        return [*statements, "PRAGMA query_only = ON"]

    def upsert(self, table: Table) -> Any:
        return sqlite.insert(table)

    def among(
        self, organization: ColumnElement[str], what: ColumnElement[str], parameter: str
    ) -> ColumnElement[bool]:
        # As a pair: with two conditions SQLite takes any index that begins with the
        # organisation, such as the whole primary key, and reads every row of the tenant.
        wanted = select(bindparam("org_id", type_=String), column("value", String)).select_from(
            func.json_each(bindparam(parameter, type_=String)).table_valued("value")
        )
        return tuple_(organization, what).in_(wanted)

    def list_value(self, values: Sequence[str]) -> Any:
        return json.dumps(list(values))

    def classify(self, error: BaseException) -> Failure:
        if isinstance(error, sqlite3.OperationalError):
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                return Failure.CONFLICT
            if code in _SQLITE_UNAVAILABLE:
                return Failure.UNAVAILABLE
            return Failure.STATEMENT
        # aiosqlite reports the use of a closed connection as a ValueError of its own.
        if isinstance(error, (sqlite3.ProgrammingError, ValueError)) and "closed" in str(error):
            return Failure.CONNECTION
        return Failure.UNAVAILABLE if isinstance(error, OSError) else Failure.STATEMENT

    async def fetch(self, raw: Any, sql: str, values: Sequence[Any]) -> Sequence[Row]:
        return await raw.execute_fetchall(sql, values)

    async def many(self, raw: Any, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        await raw.executemany(sql, rows)

    async def command(self, raw: Any, sql: str) -> None:
        await raw.execute_fetchall(sql)

    def in_transaction(self, raw: Any) -> bool:
        return bool(raw.in_transaction)


_SQLITE_UNAVAILABLE = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
)


class PostgreSQLEngine(Engine):
    """PostgreSQL through asyncpg, READ COMMITTED: the stream heads are the locks."""

    name = "postgresql"
    begin = "BEGIN"
    lock_rows = True

    def __init__(self) -> None:
        self.core = postgresql_asyncpg.dialect()

    def options(self) -> dict[str, Any]:
        # One connection a lane; bounded waits, so that a dead network is noticed.
        return {"min_size": 1, "max_size": 1, "timeout": 10, "command_timeout": 30}

    def setup(self, *, writable: bool) -> list[str]:
        if writable:
            return ["SET synchronous_commit = on"]
        return ["SET default_transaction_read_only = on"]

    def upsert(self, table: Table) -> Any:
        return postgresql.insert(table)

    def among(
        self, organization: ColumnElement[str], what: ColumnElement[str], parameter: str
    ) -> ColumnElement[bool]:
        return and_(
            organization == bindparam("org_id"),
            what == any_(bindparam(parameter, type_=postgresql.ARRAY(String))),
        )

    def list_value(self, values: Sequence[str]) -> Any:
        return list(values)

    def classify(self, error: BaseException) -> Failure:
        import asyncpg

        state = getattr(error, "sqlstate", None) or ""
        if state in ("40001", "40P01", "55P03"):
            return Failure.CONFLICT
        # 08: connection, 57P: the server shuts down or starts, 53300: no slot.
        if state[:2] == "08" or state[:3] == "57P" or state == "53300":
            return Failure.CONNECTION
        if state[:2] in ("53", "58") or state == "25006":
            return Failure.UNAVAILABLE
        # asyncpg's complaints about a value are InterfaceErrors as well, and ValueErrors.
        if isinstance(error, (OSError, asyncio.TimeoutError, asyncpg.InterfaceError)):
            return Failure.STATEMENT if isinstance(error, ValueError) else Failure.CONNECTION
        return Failure.STATEMENT

    async def fetch(self, raw: Any, sql: str, values: Sequence[Any]) -> Sequence[Row]:
        return await raw.fetch(sql, *values)

    async def many(self, raw: Any, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        await raw.executemany(sql, rows)

    async def command(self, raw: Any, sql: str) -> None:
        await raw.execute(sql)

    def in_transaction(self, raw: Any) -> bool:
        return bool(raw.is_in_transaction())


def engine_of(url: str) -> Engine:
    """The engine that a database URL names.

    Raises:
        ConfigurationError: Not a URL of an engine that is supported.
    """
    scheme = urlsplit(url).scheme.partition("+")[0]
    if scheme == "sqlite":
        path = url.partition("://")[2].lstrip("/")
        if not path or path.startswith(":memory:"):
            raise ConfigurationError(
                "An SQLite database needs a file, such as sqlite:///support.db: "
                "several connections share it.",
                field="database_url",
            )
        return SQLiteEngine()
    if scheme in ("postgresql", "postgres"):
        if importlib.util.find_spec("asyncpg") is None:
            raise ConfigurationError(
                "PostgreSQL needs asyncpg: pip install 'campfire-chat[postgres]'",
                field="database_url",
            )
        return PostgreSQLEngine()
    raise ConfigurationError(
        f"No database engine for {scheme or url!r}; use sqlite:///… or postgresql://…",
        field="database_url",
    )


def ordered(order: tuple[str, ...], fixed: Mapping[str, Any], row: Mapping[str, Any]) -> list[Any]:
    """The values of ``row`` in the order the compiled text wants them."""
    return [row[name] if name in row else fixed[name] for name in order]
