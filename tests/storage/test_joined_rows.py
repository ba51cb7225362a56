"""Rows that are passed to PostgreSQL as joined texts arrive as they were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Boolean, Text, column
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.database.dialects import Engine
from campfire_chat.database.joined_rows import joined
from campfire_chat.database.lanes import Lanes
from campfire_chat.database.postgresql import PostgreSQLEngine
from campfire_chat.database.statement import Query
from tests.support.postgres import run_apart

Row = tuple[str | None, int | None, bool | None, str]

#: Texts with the marks in them, and with what a list of texts might be confused with.
TEXTS = st.one_of(
    st.sampled_from(["", "\x1f", "\x1e", "\x1e\x1f", "NULL", "null", "{}", '"', ",", "\\"]),
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20),
)
ROWS = st.lists(
    st.tuples(
        st.none() | TEXTS,
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.booleans(),
        TEXTS,
    ),
    min_size=1,
    max_size=8,
)
NAMES = ("first", "number", "truth", "last")
COLUMNS = [
    column(name, kind) for name, kind in zip(NAMES, (Text, BigInteger, Boolean, Text), strict=True)
]


def _select(engine: Engine) -> ClauseElement:
    return engine.select_rows(COLUMNS)


@given(rows=ROWS)
@example(rows=[("", 0, False, "")])
@example(rows=[(None, None, None, "\x1e")])
@example(rows=[("a\x1fb", 1, True, "c"), ("d", 2, False, "")])
def test_a_mark_is_part_of_no_value(rows: list[Row]) -> None:
    texts, separator, null = joined(rows)
    columns = [[None if part == null else part for part in text.split(separator)] for text in texts]
    assert list(zip(*columns, strict=True)) == [
        tuple(None if value is None else str(value) for value in row) for row in rows
    ]


async def _pass_through(url: str, rows: list[Row]) -> Sequence[Sequence[Any]]:
    engine = PostgreSQLEngine()
    lanes = Lanes(url, engine, count=1, writable=False, limit=10)
    await lanes.start()
    try:
        values = engine.rows_values(NAMES, rows)
        return await lanes.run(lambda session: session.fetch(Query(_select), **values))
    finally:
        await lanes.stop()


@given(rows=ROWS)
@example(rows=[("", 0, False, "")])
@example(rows=[(None, None, None, "\x1e")])
@example(rows=[("a\x1fb", 1, True, "c"), ("d", 2, False, "")])
@settings(max_examples=50, deadline=None)
def test_rows_arrive_as_they_were(postgres: str, rows: list[Row]) -> None:
    assert [tuple(row) for row in run_apart(_pass_through(postgres, rows))] == rows
