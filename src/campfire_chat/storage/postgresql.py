"""PostgreSQL through asyncpg, READ COMMITTED: the stream heads are the locks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    Table,
    TableValuedAlias,
    and_,
    any_,
    bindparam,
    column,
    func,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import asyncpg as postgresql_asyncpg

from campfire_chat.storage.dialects import Commit, Engine, Failure
from campfire_chat.storage.statement import Prepared, Row


class PostgreSQLEngine(Engine):
    """See the module."""

    name = "postgresql"
    begin = "BEGIN"
    lock_rows = True
    takes_columns = True
    tells_changes = False
    depth = 1

    def __init__(self) -> None:
        self.core = postgresql_asyncpg.dialect()

    def options(self) -> dict[str, Any]:
        # One connection a lane; bounded waits, so that a dead network is noticed.
        return {"min_size": 1, "max_size": 1, "timeout": 5, "command_timeout": 10}

    def check(self, url: str) -> None:
        """A server can only be asked."""

    def setup(self, *, writable: bool) -> list[str]:
        if writable:
            return ["SET synchronous_commit = on"]
        return ["SET default_transaction_read_only = on"]

    def upsert(self, table: Table) -> Any:
        return postgresql.insert(table)

    def select_rows(self, table: Table) -> Any:
        columns = [
            bindparam(item.name, type_=postgresql.ARRAY(item.type)) for item in table.columns
        ]
        rows = func.unnest(*columns).table_valued(*(item.name for item in table.columns))
        return select(*rows.render_derived().c)

    def among(
        self, organization: ColumnElement[str], what: ColumnElement[str], parameter: str
    ) -> ColumnElement[bool]:
        return and_(
            organization == bindparam("org_id"),
            what == any_(bindparam(parameter, type_=postgresql.ARRAY(String))),
        )

    def each(self, parameter: str) -> TableValuedAlias:
        values = func.unnest(bindparam(parameter, type_=postgresql.ARRAY(String)))
        return values.table_valued(column("value", String)).render_derived()

    def list_value(self, values: Sequence[str]) -> Any:
        return list(values)

    def classify(self, error: BaseException) -> Failure:
        import asyncpg

        state = getattr(error, "sqlstate", None) or ""
        # 23505, a key that is there already: another process was a moment faster with the same
        # client id, which the repetition finds.
        if state in ("40001", "40P01", "55P03", "23505"):
            return Failure.CONFLICT
        # 08: connection, 57P: the server shuts down or starts, 53300: no slot.
        if state[:2] == "08" or state[:3] == "57P" or state == "53300":
            return Failure.CONNECTION
        if state[:2] in ("53", "58") or state == "25006":
            return Failure.UNAVAILABLE
        # What it says of a connection that is just being torn down under it.
        if isinstance(error, asyncpg.InternalClientError):
            return Failure.CONNECTION
        # asyncpg's complaints about a value are InterfaceErrors as well, and ValueErrors.
        if isinstance(error, (OSError, asyncio.TimeoutError, asyncpg.InterfaceError)):
            return Failure.STATEMENT if isinstance(error, ValueError) else Failure.CONNECTION
        return Failure.STATEMENT

    async def run(self, raw: Any, step: Prepared) -> Sequence[Row]:
        if step.many:
            await raw.executemany(step.sql, step.values)
            return ()
        if step.returns:
            return await raw.fetch(step.sql, *step.values)
        # The simple protocol: BEGIN, SET and DDL need no preparing.
        await raw.execute(step.sql)
        return ()

    async def version(self, raw: Any) -> int:
        return 0

    async def commit(self, raw: Any, commit: Commit) -> None:
        await raw.execute(self.begin)
        try:
            for lock, expected in commit.locks:
                if {row[0]: row[1] for row in await self.run(raw, lock)} != expected:
                    await raw.execute("ROLLBACK")
                    return
            await self.run_all(raw, commit.writes)
            await raw.execute("COMMIT")
        except BaseException:
            if self.in_transaction(raw):
                await raw.execute("ROLLBACK")
            raise
        commit.done = True

    def in_transaction(self, raw: Any) -> bool:
        return bool(raw.is_in_transaction())
