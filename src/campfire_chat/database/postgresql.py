"""PostgreSQL through asyncpg, READ COMMITTED: the stream heads are the locks."""

from __future__ import annotations

import asyncio
import functools
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    String,
    Table,
    TableValuedAlias,
    and_,
    any_,
    bindparam,
    case,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import asyncpg as postgresql_asyncpg

from campfire_chat.database.dialects import Commit, Engine, Failure, Route
from campfire_chat.database.joined_rows import joined
from campfire_chat.database.postgresql_urls import one_host_each
from campfire_chat.database.prepared import Prepared, Row

logger = logging.getLogger("campfire_chat.storage")

_encode = msgspec.json.Encoder().encode

_EMPTY = literal_column("''", String)
_ONE_EMPTY = literal_column("ARRAY['']::VARCHAR[]", postgresql.ARRAY(String))

_PARAMETER = re.compile(r"\$(\d+)")

#: Seconds that closing a connection may take.
FAREWELL = 1.0
#: Errors after which the work is repeated. 40001 and 40P01: serialisation failure and deadlock.
#: 55P03: lock timeout. 57014: the query was cancelled. 23505, a duplicate key: another process
#: stored the same client id a moment earlier, and the repetition finds it.
_CONFLICTS = ("40001", "40P01", "55P03", "57014", "23505")

#: Errors after which a new connection is needed, besides 08 (connection) and 57P (the server
#: shuts down or starts).
#: 53300: no slot. 25006: read-only, the primary is another server now. 25P02 and 25P03: the
#: transaction had failed, or was idle for too long.
_DISCONNECTS = ("53300", "25006", "25P02", "25P03")

_BOTH = (
    # The stream heads are the locks. A stricter default of the database would only make
    # transactions fail that wait for them.
    ("default_transaction_isolation", "'read committed'"),
    # A client that disappeared without closing is noticed within a minute, not in hours.
    ("tcp_keepalives_idle", "30"),
    ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "3"),
)
_WRITER = (
    ("synchronous_commit", "on"),
    *_BOTH,
    # A process that disappears inside a transaction holds its locks no longer than this; the
    # others wait a little longer, and both fit into the lanes' deadline.
    ("idle_in_transaction_session_timeout", "'5s'"),
    ("lock_timeout", "'8s'"),
)
_READER = (("default_transaction_read_only", "on"), *_BOTH)


#: Seconds. A connection that is dead is noticed by its keepalives, long before this.
_FOREVER = 7 * 24 * 3600.0


class PostgreSQLEngine(Engine):
    """See the module."""

    name = "postgresql"
    begin = "BEGIN"
    lock_rows = True
    takes_sets = True
    tells_changes = False
    depth = 1

    def __init__(self) -> None:
        self.core = postgresql_asyncpg.dialect()

    def routes(self, url: str, *, writable: bool) -> list[Route]:
        options: dict[str, Any] = {
            # One connection a lane, and none that the pool opens by itself when that one is
            # closed; bounded waits, so that a dead network is noticed.
            **{"min_size": 0, "max_size": 1, "timeout": 5, "command_timeout": 10},
            # A standby may be behind, so reading from it could miss what was just committed.
            "target_session_attrs": "read-write" if writable else "primary",
            # `databases` takes a URL apart in ways that do not know several hosts; asyncpg reads
            # it as libpq does. An empty name here would go before the one in the DSN.
            "database": None,
        }
        # Host by host, so that each has the whole timeout: one that has vanished without a word
        # would use it up for all.
        return [Route("postgresql://", {**options, "dsn": dsn}) for dsn in one_host_each(url)]

    def check(self, url: str, *, writable: bool) -> None:
        """Nothing can be checked before connecting to a server."""

    def setup(self, *, writable: bool) -> list[str]:
        return [f"SET {name} = {value}" for name, value in (_WRITER if writable else _READER)]

    def upsert(self, table: Table) -> Any:
        return postgresql.insert(table)

    def select_rows(self, columns: Sequence[ColumnElement[Any]]) -> Any:
        separator = bindparam("rows_separator", type_=String)
        null = bindparam("rows_null", type_=String)
        lists: list[ColumnElement[Any]] = []
        for item in columns:
            text = bindparam(f"rows_{item.name}", type_=String)
            values = func.string_to_array(text, separator, null)
            if isinstance(item.type, String):
                # Of a single empty text `string_to_array` makes a list of none.
                lists.append(case((text == _EMPTY, _ONE_EMPTY), else_=values))
            else:
                lists.append(values.cast(postgresql.ARRAY(item.type)))
        named = func.unnest(*lists).table_valued(
            *(column(each.name, each.type) for each in columns)
        )
        return select(*named.render_derived().c)

    def rows_values(self, names: Sequence[str], rows: Sequence[Row]) -> Mapping[str, Any]:
        texts, separator, null = joined(rows)
        values = {f"rows_{name}": text for name, text in zip(names, texts, strict=True)}
        return {**values, "rows_separator": separator, "rows_null": null}

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

    def elements(self, texts: ColumnElement[Any]) -> TableValuedAlias:
        rows = func.json_array_elements_text(texts.cast(postgresql.JSON))
        return rows.table_valued(column("value", String)).render_derived()

    def list_value(self, values: Sequence[str]) -> Any:
        return list(values)

    def each_span(self, parameter: str) -> FromClause:
        # As text, like the column that they come from; asyncpg would want a codec for JSON.
        parts = func.jsonb_array_elements(
            bindparam(parameter, type_=String).cast(postgresql.JSONB)
        ).table_valued(column("value", postgresql.JSONB))
        span = parts.render_derived().c.value
        return select(
            span[0].astext.label("name"),
            span[1].astext.cast(BigInteger).label("first"),
            span[2].astext.cast(BigInteger).label("last"),
        ).subquery("spans")

    def spans_value(self, spans: Sequence[tuple[str, int, int]]) -> Any:
        return _encode(spans).decode()

    def classify(self, error: BaseException) -> Failure:
        import asyncpg

        state = getattr(error, "sqlstate", None) or ""
        if state in _CONFLICTS or isinstance(error, asyncpg.InvalidCachedStatementError):
            return Failure.CONFLICT
        if state[:2] == "08" or state[:3] == "57P" or state in _DISCONNECTS:
            return Failure.CONNECTION
        if state[:2] in ("53", "58"):
            return Failure.UNAVAILABLE
        # asyncpg's message for a connection that is just being closed.
        if isinstance(error, asyncpg.InternalClientError):
            return Failure.CONNECTION
        # asyncpg reports invalid values as InterfaceErrors too, and as ValueErrors.
        if isinstance(error, (OSError, asyncio.TimeoutError, asyncpg.InterfaceError)):
            return Failure.STATEMENT if isinstance(error, ValueError) else Failure.CONNECTION
        return Failure.STATEMENT

    async def run(self, raw: Any, step: Prepared) -> Sequence[Row]:
        if step.many:
            await raw.executemany(step.sql, step.values)
            return ()
        if step.returns:
            return await raw.fetch(step.sql, *step.values)
        # The simple protocol: BEGIN, SET and DDL need no prepared statement. Without a timeout of
        # its own, asyncpg takes the connection's.
        await raw.execute(step.sql, timeout=_FOREVER if step.patient else None)
        return ()

    async def write_all(
        self, raw: Any, steps: Sequence[Prepared], closing: Sequence[tuple[str, Prepared]] = ()
    ) -> dict[str, int]:
        if any(step.many for step in steps):
            return await super().write_all(raw, steps, closing)
        if len(closing) == 1 and steps:
            # Of several inboxes the locks have to be taken in turn; a single one can be told by
            # the same statement.
            ((organization, step),) = closing
            ((head,),) = await self.run(raw, _together(steps, step))
            return {organization: head}
        if len(steps) > 1:
            steps = [_together(steps, Prepared("SELECT 1"))]
        return await super().write_all(raw, steps, closing)

    async def commit(self, raw: Any, commit: Commit) -> None:
        await raw.execute(self.begin)
        try:
            for lock, expected in commit.locks:
                found = {key: tuple(heads) for key, *heads in await self.run(raw, lock)}
                commit.stale += [key for key, heads in expected.items() if found.get(key) != heads]
            if commit.stale:
                await raw.execute("ROLLBACK")
                return
            commit.heads = await self.write_all(raw, commit.writes, commit.closing)
            await raw.execute("COMMIT")
        except BaseException as error:
            if self.usable_after(error) and self.in_transaction(raw):
                await raw.execute("ROLLBACK")
            raise
        commit.done = True

    def in_transaction(self, raw: Any) -> bool:
        return bool(raw.is_in_transaction())

    async def leave(self, raw: Any) -> None:
        # The pool would first ask the server to reset the connection, and wait for the answer.
        import asyncpg

        try:
            async with asyncio.timeout(FAREWELL):
                await raw.close()
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            # It was closed already, or it did not answer and was terminated.
            logger.debug("a database connection could not be closed cleanly: %s", error)


def _together(steps: Sequence[Prepared], last: Prepared) -> Prepared:
    """Several writes as one statement, for one round trip. It returns the rows of the last write.
    The writes change different rows, so it does not matter that they do not see each other."""
    values: list[Any] = []
    for step in steps:
        values += step.values
    sizes = tuple(len(step.values) for step in steps)
    sql = _joined(tuple(step.sql for step in steps), sizes, last.sql)
    return Prepared(sql, [*values, *last.values])


@functools.lru_cache(maxsize=64)
def _joined(texts: tuple[str, ...], sizes: tuple[int, ...], last: str) -> str:
    parts: list[str] = []
    before = 0
    for number, (sql, size) in enumerate(zip(texts, sizes, strict=True)):
        parts.append(f"write_{number} AS ({_moved(sql, before)})")
        before += size
    last = _moved(last, before)
    # Statements that write are allowed only in the outermost WITH.
    if last.startswith("WITH "):
        parts.append(last.removeprefix("WITH "))
        return f"WITH {', '.join(parts)}"
    return f"WITH {', '.join(parts)} {last}"


def _moved(sql: str, by: int) -> str:
    """The SQL, with the numbers of its parameters increased."""
    return _PARAMETER.sub(lambda found: f"${int(found[1]) + by}", sql)
