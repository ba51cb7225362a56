"""Rows of a table to records, and back, by the names of columns and fields.

A codec is made once from a table and a record. A field is stored in the column of the same name,
so a new column is named in its table, its record and its migration, and reading and writing follow.
What differs is said where the codec is made. A field that has no column, or a type that its column
cannot hold, is an error at that moment, and not when the first row comes.

The functions are generated, because they run for every message; see
:mod:`campfire_chat.core.generated`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, Column, FromClause, Select, Table, Text, and_, select

from campfire_chat.core.clock import parse_rfc3339, rfc3339
from campfire_chat.core.generated import Code, fields_of, without_none
from campfire_chat.core.scalars import Timestamp
from campfire_chat.database.prepared import Row

R = TypeVar("R", bound=Struct)

_encode = msgspec.json.Encoder().encode


class Stored(NamedTuple):
    """How a field stands in its column, where its type does not say so.

    Attributes:
        read: The value of the field from that of the column.
        write: The value of the column from that of the field. Not for a column that is given.
    """

    read: Callable[[Any], Any]
    write: Callable[[Any], Any] | None = None


class Part(NamedTuple):
    """A record inside the record, with columns of the same table.

    Attributes:
        prefix: What the names of its columns begin with; the names of its fields follow.
    """

    prefix: str


class Joined(NamedTuple):
    """A record inside the record, from a row of another table of the same organisation.

    Attributes:
        codec: How it is read there.
        key: The column here that holds its id, which is the last column of the primary key there.
            If the field may be None, NULL stands for that.
    """

    codec: Codec[Any]
    key: str


class _Source(NamedTuple):
    """A column that is read: of the table itself, or of the table that a field is joined from."""

    field: str
    column: str


class Codec(Generic[R]):
    """See the module.

    Args:
        table: The table.
        record: The record. Its fields may be texts, numbers, truth values, enums and times; in
            columns of text also lists and records, which are stored as JSON.
        names: The columns of fields that have another name there.
        stored: How fields stand in their columns, where their types do not say so.
        inner: The fields that are records with columns of their own.
        added: Fields without a column. The caller of :attr:`read` passes them by name.
        given: Columns whose values the caller of :attr:`write` passes, in this order after the
            record.

    Attributes:
        key: The column that names a row within its organisation.
        read: The record of a row of :meth:`select`.

    Raises:
        AssertionError: A field has no column, or a type that its column cannot hold.
    """

    def __init__(
        self,
        table: Table,
        record: type[R],
        *,
        names: Mapping[str, str] | None = None,
        stored: Mapping[str, Stored] | None = None,
        inner: Mapping[str, Part | Joined] | None = None,
        added: Sequence[str] = (),
        given: Sequence[str] = (),
    ) -> None:
        self.table = table
        self.key = list(table.primary_key.columns)[-1].name
        self._record = record
        self._names = names or {}
        self._stored = stored or {}
        self._added = added
        self._given = given
        kinds = fields_of(record)
        self._fields = {name: kinds[name] for name in kinds if name not in added}
        self._joined: dict[str, Joined] = {}
        self._parts: dict[str, Codec[Any]] = {}
        for name, item in (inner or {}).items():
            if isinstance(item, Joined):
                self._joined[name] = item
            else:
                kind = self._fields[name]
                columns = {field: f"{item.prefix}{field}" for field in fields_of(kind)}
                self._parts[name] = Codec(table, kind, names=columns)
        self._sources = list(dict.fromkeys(self._columns_read()))
        self.read: Callable[..., R] = self._reader()

    # The query.

    def select(self, of: FromClause | None = None, *, complete: bool = True) -> Select[Any]:
        """Rows for :attr:`read`, with what is joined.

        Args:
            of: A query that has the columns of the table; by default, the table.
            complete: Whether what is joined certainly exists; see :attr:`is_complete`.
        """
        source: FromClause = self.table if of is None else of
        found = source
        for name, (codec, key) in self._joined.items():
            there = codec.table.c
            found = found.join(
                codec.table,
                and_(there.org_id == source.c.org_id, there[codec.key] == source.c[key]),
                isouter=not complete or without_none(self._fields[name])[1],
            )
        columns = [self._expression(item, source) for item in self._sources]
        return select().add_columns(*columns).select_from(found)

    def _expression(self, item: _Source, of: FromClause) -> Any:
        if not item.field:
            return of.c[item.column]
        joined = self._joined[item.field].codec.table.c[item.column]
        return joined.label(f"{item.field}_{item.column}")

    def position(self, column: str) -> int:
        """Where a column of the table stands in the rows of :meth:`select`."""
        return self._sources.index(_Source("", column))

    # Reading.

    def _columns_read(self) -> list[_Source]:
        found: list[_Source] = []
        for name in self._fields:
            if name in self._parts:
                found += self._parts[name]._sources
            elif name in self._joined:
                codec, key = self._joined[name]
                found.append(_Source("", key))
                found += [
                    _Source(name, item.column)
                    for item in codec._sources
                    if item.column != codec.key
                ]
            else:
                found.append(_Source("", self._column(name).name))
        return found

    def _reader(self) -> Callable[..., R]:
        code = Code()
        variables = {item: f"c{number}" for number, item in enumerate(self._sources)}
        lines = [
            f"{', '.join(variables.values())}, = row",
            f"return {self._call(code, variables)}",
        ]
        parameters = ["row", *(["*"] if self._added else []), *self._added]
        return code.function("read", parameters, lines)

    def _call(self, code: Code, variables: Mapping[_Source, str]) -> str:
        """The text that makes the record from the variables of its columns."""
        values = {name: name for name in self._added}
        for name, kind in self._fields.items():
            if name in self._parts:
                values[name] = self._parts[name]._call(code, variables)
            elif name in self._joined:
                codec, key = self._joined[name]
                held = variables[_Source("", key)]
                there = {
                    item: variables[
                        _Source("", key) if item.column == codec.key else _Source(name, item.column)
                    ]
                    for item in codec._sources
                }
                values[name] = codec._call(code, there)
                if without_none(kind)[1]:
                    values[name] = f"None if {held} is None else {values[name]}"
            else:
                column = self._column(name)
                variable = variables[_Source("", column.name)]
                values[name] = self._read_text(code, name, kind, column, variable)
        return code.call(self._record, values)

    def _read_text(
        self, code: Code, name: str, kind: Any, column: Column[Any], variable: str
    ) -> str:
        if name in self._stored:
            return f"{code.use(self._stored[name].read)}({variable})"
        kind, optional = without_none(kind)
        if isinstance(kind, type) and issubclass(kind, Enum):
            text = f"{code.use(_Members(kind))}[{variable}]"
        elif kind is bool:
            text = f"{code.use(bool)}({variable})"
        elif kind == Timestamp and isinstance(column.type, BigInteger):
            text = f"{code.use(rfc3339)}({variable})"
        elif _is_plain(kind, column):
            return variable
        else:
            text = f"{code.use(_decoder(kind, column))}({variable})"
        return f"None if {variable} is None else {text}" if optional else text

    @cached_property
    def is_complete(self) -> Callable[[Row], bool]:
        """Whether everything that is joined was found for a row of :meth:`select`."""
        conditions: list[str] = []
        for name, (codec, key) in self._joined.items():
            sure = next(
                item.column
                for item in codec._sources
                if item.column != codec.key and not codec.table.c[item.column].nullable
            )
            held, seen = self.position(key), self._sources.index(_Source(name, sure))
            conditions.append(f"(row[{held}] is None or row[{seen}] is not None)")
        return Code().function(
            "is_complete", ["row"], [f"return {' and '.join(conditions) or True}"]
        )

    # Writing.

    @cached_property
    def write(self) -> Callable[..., Row]:
        """The values of all columns of the table, in their order, for a record.

        Raises:
            AssertionError: A column is neither given nor in the record.
        """
        code = Code()
        lines: list[str] = []
        values = self._values(code, "record", lines)
        values |= {column: column for column in self._given}
        missing = [column.name for column in self.table.columns if column.name not in values]
        if missing:
            raise AssertionError(
                f"{self.table.name}: nobody gives {', '.join(missing)}; "
                f"{self._record.__name__} has no such field"
            )
        row = ", ".join(values[column.name] for column in self.table.columns)
        return code.function("write", ["record", *self._given], [*lines, f"return ({row},)"])

    def _values(self, code: Code, record: str, lines: list[str]) -> dict[str, str]:
        """The text of the value of each column, made from the variable ``record``.

        Args:
            lines: What has to be done before, to which this adds.
        """
        values: dict[str, str] = {}
        for name, kind in self._fields.items():
            if name in self._parts:
                lines.append(f"{name} = {record}.{name}")
                values |= self._parts[name]._values(code, name, lines)
            elif name in self._joined:
                codec, key = self._joined[name]
                held = f"{record}.{name}"
                text = f"{held}.{codec._field_of(codec.key)}"
                optional = without_none(kind)[1]
                values[key] = f"None if {held} is None else {text}" if optional else text
            elif (column := self._column(name)).name not in self._given:
                values[column.name] = self._write_text(code, name, kind, column, record)
        return values

    def _write_text(
        self, code: Code, name: str, kind: Any, column: Column[Any], record: str
    ) -> str:
        value = f"{record}.{name}"
        if name in self._stored:
            return f"{code.use(self._stored[name].write)}({value})"
        kind, optional = without_none(kind)
        if isinstance(kind, type) and issubclass(kind, Enum):
            text = f"{value}._value_"
        elif kind == Timestamp and isinstance(column.type, BigInteger):
            text = f"{code.use(parse_rfc3339)}({value})"
        elif kind is bool or _is_plain(kind, column):
            return value
        else:
            text = f"{code.use(_encode)}({value}).decode()"
        return f"None if {value} is None else {text}" if optional else text

    # Names.

    def _column(self, field: str) -> Column[Any]:
        name = self._names.get(field, field)
        column = self.table.columns.get(name)
        if column is None:
            raise AssertionError(
                f"{self.table.name} has no column {name} for {self._record.__name__}.{field}"
            )
        if column.nullable and not self._may_be_null(field):
            raise AssertionError(
                f"{self.table.name}.{name} may be NULL, "
                f"which {self._record.__name__}.{field} does not allow"
            )
        return column

    def _may_be_null(self, field: str) -> bool:
        return field in self._stored or without_none(self._fields[field])[1]

    def _field_of(self, column: str) -> str:
        return next(name for name in self._fields if self._names.get(name, name) == column)


class _Members(dict[Any, Enum]):
    """The members of an enum by their values. A look here is faster than a call of the enum."""

    def __init__(self, kind: type[Enum]) -> None:
        super().__init__({member.value: member for member in kind})
        self._kind = kind

    def __missing__(self, value: Any) -> Enum:
        # Raises the error of the enum, which names the value.
        return self._kind(value)


def _is_plain(kind: Any, column: Column[Any]) -> bool:
    """Whether values of this type stand in the column as they are."""
    return kind in (str, int, float) and issubclass(column.type.python_type, kind)


def _decoder(kind: Any, column: Column[Any]) -> Callable[[Any], Any]:
    if not isinstance(column.type, Text):
        raise AssertionError(f"{column.table.name}.{column.name} cannot hold {kind}")
    return msgspec.json.Decoder(kind).decode
