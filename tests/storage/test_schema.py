"""The tables: one organisation's rows can always be kept together."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Table

from campfire_chat.database.tables import metadata
from tests.support.truth import Truth

TABLES = sorted(metadata.tables.values(), key=lambda table: table.name)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_organisation_leads_every_key(table: Table) -> None:
    assert table.name.startswith("campfire_")
    assert next(iter(table.primary_key.columns)).name == "org_id"
    for constraint in table.constraints:
        if constraint is table.primary_key or not hasattr(constraint, "columns"):
            continue
        assert next(iter(constraint.columns)).name == "org_id", constraint
    for index in table.indexes:
        if index.unique:
            assert next(iter(index.columns)).name == "org_id", index
    assert not table.foreign_keys


def test_the_migrations_make_exactly_these_tables(database_url: str, engine: str) -> None:
    truth = Truth(database_url)
    if engine == "sqlite":
        rows = truth.query("SELECT name FROM sqlite_master WHERE type = 'table'")
        columns = {
            name: {row[1] for row in truth.query(f"PRAGMA table_info({name})")}
            for (name,) in rows
            if name.startswith("campfire_")
        }
    else:
        columns = {}
        for table, column in truth.query(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name LIKE 'campfire%'"
        ):
            columns.setdefault(table, set()).add(column)
    columns.pop("campfire_alembic_version")
    expected = {table.name: set(table.columns.keys()) for table in TABLES}
    assert columns == expected


def test_the_migrated_keys_lead_with_the_organisation(database_url: str, engine: str) -> None:
    truth = Truth(database_url)
    if engine == "sqlite":
        for table in TABLES:
            key = {row[5]: row[1] for row in truth.query(f"PRAGMA table_info({table.name})")}
            assert key[1] == "org_id"
            for _, name, unique, *_ in truth.query(f"PRAGMA index_list({table.name})"):
                if unique:
                    first = truth.query(f"PRAGMA index_info({name})")[0]
                    assert first[2] == "org_id", (table.name, name)
        return
    for table, definition in truth.query(
        "SELECT tablename, indexdef FROM pg_indexes WHERE tablename LIKE 'campfire%'"
    ):
        if "UNIQUE" in definition and table != "campfire_alembic_version":
            assert re.search(r"\(org_id", definition), definition


def test_sqlite_is_durable(database_url: str, engine: str) -> None:
    if engine == "sqlite":
        assert Truth(database_url).query("PRAGMA journal_mode")[0][0] == "wal"
