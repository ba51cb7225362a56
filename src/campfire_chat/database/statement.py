"""Hot statements: compiled once per engine, run on the raw connection.

``databases`` compiles an ordinary SQLAlchemy expression at every call. A hot statement is compiled
once and runs on the connection that ``databases`` holds, at a tenth of the cost. While it is
compiled, the engine supplies what differs between databases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, case, delete, text
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.database.dialects import Engine
from campfire_chat.database.prepared import Prepared, Row


class Query:
    """A statement with named bind parameters that returns rows."""

    def __init__(self, build: Callable[[Engine], ClauseElement]) -> None:
        self._build = build
        self._compiled: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {}

    def prepare(self, engine: Engine, values: Mapping[str, Any]) -> Prepared:
        found = self._compiled.get(engine.name)
        if found is None:
            found = self._compiled[engine.name] = compiled(self._build(engine), engine)
        sql, order, fixed = found
        return Prepared(sql, [values[name] if name in values else fixed[name] for name in order])


class BulkInsert:
    """An INSERT of many rows, each the values of the table's columns in their order.

    Args:
        table: The table.
        without: Columns at the end that the rows do not have, and that stay NULL.
        keys: The columns that identify an existing row. Such a row is updated.
        where: The condition of the partial unique index on ``keys``, if it is one.
        keep: Columns that an update does not change.
        ignore: Do not change an existing row.
        forward: Columns that an update changes only if another column, or the column itself,
            would not decrease. Another process may have written since the row was read.
    """

    def __init__(
        self,
        table: Table,
        *,
        without: Sequence[str] = (),
        keys: Sequence[str] = (),
        where: str | None = None,
        keep: Sequence[str] = (),
        ignore: bool = False,
        forward: Mapping[str, str] | None = None,
    ) -> None:
        self.table = table
        self._columns = [column for column in table.columns if column.name not in without]
        self.names = [column.name for column in self._columns]
        self._keys = keys
        self._where = where
        self._keep = keep
        self._ignore = ignore
        self._forward = forward or {}
        self._compiled: dict[str, tuple[str, tuple[str, ...]]] = {}

    def prepare(self, engine: Engine, rows: Sequence[Row]) -> Prepared:
        found = self._compiled.get(engine.name)
        if found is None:
            found = self._compiled[engine.name] = compiled(self._statement(engine), engine)[:2]
        sql, order = found
        if engine.takes_sets:
            values = engine.rows_values(self.names, rows)
            return Prepared(sql, [values[name] for name in order])
        if list(order) != self.names:
            raise AssertionError(f"{self.table.name}: parameters are not in column order")
        return Prepared(sql, rows, many=True)

    def _statement(self, engine: Engine) -> ClauseElement:
        insert = engine.upsert(self.table)
        if engine.takes_sets:
            insert = insert.from_select(self.names, engine.select_rows(self._columns))
        else:
            insert = insert.values(
                {item.name: bindparam(item.name, type_=item.type) for item in self._columns}
            )
        if self._ignore:
            return insert.on_conflict_do_nothing()
        if not self._keys:
            return insert
        old, new = self.table.c, insert.excluded
        changed = {
            name: new[name]
            if (by := self._forward.get(name)) is None
            else case((new[by] >= old[by], new[name]), else_=old[name])
            for name in self.names
            if name not in self._keys and name not in self._keep
        }
        return insert.on_conflict_do_update(
            index_elements=list(self._keys),
            index_where=None if self._where is None else text(self._where),
            set_=changed,
        )


class BulkDelete:
    """A DELETE of many rows. Each is given by the values of its primary key, in order."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._compiled: dict[str, str] = {}

    def prepare(self, engine: Engine, keys: Sequence[Row]) -> Prepared:
        sql = self._compiled.get(engine.name)
        if sql is None:
            columns = list(self._table.primary_key.columns)
            statement = delete(self._table).where(
                *(item == bindparam(item.name, type_=item.type) for item in columns)
            )
            sql = self._compiled[engine.name] = compiled(statement, engine)[0]
        return Prepared(sql, keys, many=True)


def compiled(
    expression: ClauseElement, engine: Engine
) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """The SQL text, the order of its parameters, and the fixed values among them."""
    found = cast(
        "SQLCompiler",
        expression.compile(dialect=engine.core, compile_kwargs={"render_postcompile": True}),
    )
    fixed = {key: value for key, value in found.params.items() if value is not None}
    return found.string, tuple(found.positiontup or ()), fixed
