"""SQLite, in WAL mode with an fsync at every commit (https://sqlite.org/wal.html)."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    String,
    Table,
    bindparam,
    column,
    func,
    select,
    tuple_,
)
from sqlalchemy.dialects import sqlite

from campfire_chat.errors import StorageUnavailableError
from campfire_chat.storage.dialects import Engine, Failure
from campfire_chat.storage.statement import Prepared, Row

_encode = msgspec.json.Encoder().encode


class SQLiteEngine(Engine):
    """See the module."""

    name = "sqlite"
    # A deferred BEGIN takes the write lock too late and then fails instead of waiting.
    begin = "BEGIN IMMEDIATE"
    lock_rows = False

    def __init__(self) -> None:
        self.core = sqlite.dialect(paramstyle="qmark")

    def options(self) -> dict[str, Any]:
        return {"timeout": 5.0, "cached_statements": 256}

    def check(self, url: str) -> None:
        folder = Path(url.partition(":///")[2].partition("?")[0]).absolute().parent
        if not folder.is_dir():
            raise StorageUnavailableError(
                f"The database cannot be reached: there is no folder {folder}."
            )

    def setup(self, *, writable: bool) -> list[str]:
        statements = ["PRAGMA busy_timeout = 5000", "PRAGMA cache_size = -32768"]
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
        return _encode(values).decode()

    def classify(self, error: BaseException) -> Failure:
        if isinstance(error, sqlite3.OperationalError):
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                return Failure.CONFLICT
            return Failure.UNAVAILABLE if code in _UNAVAILABLE else Failure.STATEMENT
        # What aiosqlite says of a connection that was closed.
        if isinstance(error, ValueError) and str(error) in (
            "no active connection",
            "Connection closed",
        ):
            return Failure.CONNECTION
        return Failure.UNAVAILABLE if isinstance(error, OSError) else Failure.STATEMENT

    async def run(self, raw: Any, step: Prepared) -> Sequence[Row]:
        if step.many:
            await raw.executemany(step.sql, step.values)
            return ()
        return await raw.execute_fetchall(step.sql, step.values)

    async def open(self, raw: Any, steps: Sequence[Prepared]) -> list[Sequence[Row]]:
        # The connection's thread works them off in order; handing them over together saves a
        # round trip between the threads for each. Writes must not be handed over like this: on a
        # full disk SQLite ends the transaction by itself, and what follows would commit alone.
        outcomes: list[Any] = await asyncio.gather(
            *(self.run(raw, step) for step in steps), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return outcomes

    def in_transaction(self, raw: Any) -> bool:
        return bool(raw.in_transaction)


_UNAVAILABLE = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
)
