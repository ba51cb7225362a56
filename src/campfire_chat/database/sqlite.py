"""SQLite, in WAL mode with an fsync at every commit (https://sqlite.org/wal.html)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    String,
    Table,
    TableValuedAlias,
    bindparam,
    column,
    func,
    select,
    tuple_,
)
from sqlalchemy.dialects import sqlite

from campfire_chat.core.errors import StorageUnavailableError
from campfire_chat.core.private_files import create_private
from campfire_chat.database.dialects import Commit, Engine, Failure, Route
from campfire_chat.database.prepared import Prepared, Row

_EFFECTIVE = os.access in os.supports_effective_ids
_encode = msgspec.json.Encoder().encode


#: Milliseconds for which SQLite itself waits for a lock: it looks after 1, 2, 5, 10 and 15 ms,
#: without Python's global lock (``sqliteDefaultBusyCallback`` in https://sqlite.org/src/file/src/main.c).
#: After that it would look every 100 ms, and lose to a process that hardly pauses; so it is asked
#: to begin again.
_LOOKS = 33
#: So often, 5 s of waiting in all. They are counted and not timed, as SQLite does it: a process
#: that gets no CPU has not waited.
_ROUNDS = 5000 // _LOOKS
#: Another connection holds the lock, or puts the file in order after a crash. The third code of
#: this kind, for a transaction that has read what is old by now, does not pass by waiting.
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY)

#: Its value changes when another connection has committed (https://sqlite.org/pragma.html).
_VERSION = Prepared("PRAGMA data_version")


class Script:
    """Statements that a :class:`Connection` runs in one call in its thread.

    A call costs more than most statements. While the event loop is busy, the thread waits for
    Python's global lock at every call.
    """

    def __init__(self, steps: Sequence[Prepared]) -> None:
        self._steps = steps
        self._rows: list[Sequence[Row]] = []

    def run(self, connection: Connection) -> None:
        for step in self._steps:
            if step.many:
                connection.executemany(step.sql, step.values)
                self._rows.append(())
            else:
                self._rows.append(connection.execute(step.sql, step.values).fetchall())

    def fetchall(self) -> list[Sequence[Row]]:
        """The rows of each statement. aiosqlite calls this on a cursor."""
        return self._rows


class CommitScript(Script):
    """A :class:`~campfire_chat.database.dialects.Commit` in one call in the thread."""

    def __init__(self, commit: Commit) -> None:
        super().__init__(commit.writes)
        self._commit = commit

    def run(self, connection: Connection) -> None:
        commit = self._commit
        if commit.after is not None and not commit.after.done:
            return
        connection.execute(SQLiteEngine.begin)
        try:
            # From here on no other connection can write, so comparing the version is enough.
            ((version,),) = connection.execute(_VERSION.sql).fetchall()
            if version == commit.version:
                super().run(connection)
                connection.execute("COMMIT")
                commit.done = True
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


class Connection(sqlite3.Connection):
    """A connection whose ``execute`` accepts a :class:`Script` instead of parameters.

    aiosqlite has one call that runs a statement and fetches its rows. With this class that call
    runs a whole transaction.
    """

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        if isinstance(parameters, Script):
            parameters.run(self)
            return parameters
        for _ in range(_ROUNDS - 1):
            try:
                return super().execute(sql, parameters)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode not in _LOCKED:
                    raise
        return super().execute(sql, parameters)


class SQLiteEngine(Engine):
    """See the module."""

    name = "sqlite"
    # A deferred BEGIN takes the write lock too late and then fails instead of waiting.
    begin = "BEGIN IMMEDIATE"
    lock_rows = False
    takes_sets = False
    tells_changes = True
    version = _VERSION
    depth = 2

    def __init__(self) -> None:
        self.core = sqlite.dialect(paramstyle="qmark")

    def routes(self, url: str, *, writable: bool) -> list[Route]:
        options = {"timeout": _LOOKS / 1000, "cached_statements": 256, "factory": Connection}
        return [Route(url, options)]

    def check(self, url: str, *, writable: bool) -> None:
        path = path_of(url).absolute()
        if not path.parent.is_dir():
            raise StorageUnavailableError(
                f"The database cannot be reached: there is no folder {path.parent}."
            )
        # SQLite opens such a file, and fails only at the first write.
        if writable and path.exists() and not os.access(path, os.W_OK, effective_ids=_EFFECTIVE):
            raise StorageUnavailableError(f"The database {path} is not writable.")
        if writable:
            try:
                create_private(path)
            except OSError as error:
                raise StorageUnavailableError(
                    f"The database {path} cannot be created: {error.strerror}."
                ) from None

    def setup(self, *, writable: bool) -> list[str]:
        statements = [f"PRAGMA busy_timeout = {_LOOKS}", "PRAGMA cache_size = -32768"]
        if writable:
            return [
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                # 16 MB between checkpoints: pages that change often are copied back less often.
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
        # organisation, such as the whole primary key, and reads every row of the organisation.
        wanted = select(bindparam("org_id", type_=String), self.each(parameter).c.value)
        return tuple_(organization, what).in_(wanted)

    def each(self, parameter: str) -> TableValuedAlias:
        return func.json_each(bindparam(parameter, type_=String)).table_valued(
            column("value", String)
        )

    def elements(self, texts: ColumnElement[Any]) -> TableValuedAlias:
        return func.json_each(texts).table_valued(column("value", String))

    def list_value(self, values: Sequence[str]) -> Any:
        return _encode(values).decode()

    def each_span(self, parameter: str) -> FromClause:
        span = self.each(parameter).c.value
        return select(
            func.json_extract(span, "$[0]", type_=String).label("name"),
            func.json_extract(span, "$[1]", type_=BigInteger).label("first"),
            func.json_extract(span, "$[2]", type_=BigInteger).label("last"),
        ).subquery("spans")

    def spans_value(self, spans: Sequence[tuple[str, int, int]]) -> Any:
        return _encode(spans).decode()

    def classify(self, error: BaseException) -> Failure:
        if isinstance(error, sqlite3.OperationalError):
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                return Failure.CONFLICT
            return Failure.UNAVAILABLE if code in _UNAVAILABLE else Failure.STATEMENT
        # The messages of aiosqlite for a closed connection.
        if isinstance(error, ValueError) and str(error) in (
            "no active connection",
            "Connection closed",
        ):
            return Failure.CONNECTION
        return Failure.UNAVAILABLE if isinstance(error, OSError) else Failure.STATEMENT

    async def run(self, raw: Any, step: Prepared) -> Sequence[Row]:
        return (await self.run_all(raw, [step]))[0]

    async def run_all(self, raw: Any, steps: Sequence[Prepared]) -> list[Sequence[Row]]:
        return await raw.execute_fetchall("", Script(steps))

    async def commit(self, raw: Any, commit: Commit) -> None:
        await raw.execute_fetchall("", CommitScript(commit))

    def in_transaction(self, raw: Any) -> bool:
        return bool(raw.in_transaction)

    async def leave(self, raw: Any) -> None:
        """There is no server. Closing rolls back an open transaction."""


def path_of(url: str) -> Path:
    """The file that the URL of an SQLite database names."""
    return Path(url.partition(":///")[2].partition("?")[0])


_UNAVAILABLE = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
)
