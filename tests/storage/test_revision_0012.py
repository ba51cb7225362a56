"""A full database of revision 0008 keeps every row of every table up to revision 0012."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from tests.storage.test_revision_0005 import run
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

#: In each table each has a row; one table has nothing but the organisation as its key.
ORGANIZATIONS = ("acme", "globex", "initech")
NEW = {
    "campfire_saved_replies",
    "campfire_message_originals",
    "campfire_api_keys",
    "campfire_webhooks",
    "campfire_webhook_deliveries",
    "campfire_webhook_attempts",
}


def columns_of(truth: Truth, engine: str) -> dict[str, list[tuple[str, str]]]:
    """The columns of each table, with their types as the engine names them."""
    if engine == "sqlite":
        found = truth.query(
            "SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_info(m.name) c "
            "WHERE m.type = 'table' AND m.name LIKE 'campfire%' ORDER BY 1, 2"
        )
    else:
        found = truth.query(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name LIKE 'campfire%' ORDER BY 1, 2"
        )
    tables: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in found:
        tables.setdefault(table, []).append((column, kind.lower()))
    tables.pop(schema.VERSION_TABLE)
    return tables


def literal(kind: str, number: int) -> str:
    """A value of a column, another one for each row."""
    if kind == "boolean":
        return "true" if number % 2 else "false"
    return str(number) if "int" in kind else f"'{number}: ''ß'' 👋 \" %'"


def quoted(name: str) -> str:
    return f'"{name}"'


def rows_of(truth: Truth, table: str, names: Sequence[str]) -> list[tuple[Any, ...]]:
    found = truth.query(f"SELECT {', '.join(map(quoted, names))} FROM {table}")
    return sorted((tuple(row) for row in found), key=repr)


async def test_every_row_is_kept(empty_database_url: str, engine: str) -> None:
    rendering = engine_of(empty_database_url)
    await run(empty_database_url, schema.migrations().render(rendering, None, "0008"))
    truth = Truth(empty_database_url)
    tables = columns_of(truth, engine)
    inserts: list[str] = []
    for table, columns in tables.items():
        head = f"INSERT INTO {table} ({', '.join(quoted(name) for name, _ in columns)})"
        for number, organization in enumerate(ORGANIZATIONS):
            values = [
                f"'{organization}'" if name == "org_id" else literal(kind, number)
                for name, kind in columns
            ]
            inserts.append(f"{head} VALUES ({', '.join(values)})")
    await run(empty_database_url, inserts)
    names = {table: [name for name, _ in columns] for table, columns in tables.items()}
    before = {table: rows_of(truth, table, names[table]) for table in tables}
    assert all(len(rows) == len(ORGANIZATIONS) for rows in before.values())

    await run(empty_database_url, schema.migrations().render(rendering, "0008", "0012"))
    assert {table: rows_of(truth, table, names[table]) for table in tables} == before
    after = columns_of(truth, engine)
    assert set(after) - set(tables) == NEW
    # These migrations add tables, and change none.
    assert {table: after[table] for table in tables} == tables
    for table in NEW:
        assert rows_of(truth, table, [name for name, _ in after[table]]) == []
