"""The tables: one organisation's rows can always be kept together."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Table

from campfire_chat.database.tables import metadata
from campfire_chat.features.search.tables import SQLITE_INDEX
from tests.support.truth import Truth

#: What SQLite makes of the search index beside its table.
FTS5 = {SQLITE_INDEX, *(f"{SQLITE_INDEX}_{part}" for part in ("config", "data", "docsize", "idx"))}
#: In its place SQLite has these tables.
ONLY_POSTGRESQL = {"campfire_search_documents_tokens"}
TABLES = sorted(metadata.tables.values(), key=lambda table: table.name)


def test_sqlite_has_the_tables_of_the_search_index(sqlite_database_url: str) -> None:
    rows = Truth(sqlite_database_url).query("SELECT name FROM sqlite_master WHERE type = 'table'")
    assert {name for (name,) in rows} >= FTS5


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
    """With the same columns, of which the same may be empty."""
    truth = Truth(database_url)
    columns: dict[str, dict[str, bool]] = {}
    if engine == "sqlite":
        for (name,) in truth.query("SELECT name FROM sqlite_master WHERE type = 'table'"):
            if name.startswith("campfire_") and name not in FTS5:
                info = truth.query(f"PRAGMA table_info({name})")
                columns[name] = {row[1]: not row[3] for row in info}
    else:
        for table, column, nullable in truth.query(
            "SELECT table_name, column_name, is_nullable FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name LIKE 'campfire%'"
        ):
            columns.setdefault(table, {})[column] = nullable == "YES"
    columns.pop("campfire_alembic_version")
    assert columns == {
        table.name: {column.name: bool(column.nullable) for column in table.columns}
        for table in TABLES
    }


def test_the_migrations_make_exactly_these_indexes(database_url: str, engine: str) -> None:
    truth = Truth(database_url)
    found: dict[str, tuple[str, bool]] = {}
    if engine == "sqlite":
        for table in TABLES:
            for _, name, unique, *_ in truth.query(f"PRAGMA index_list({table.name})"):
                if not name.startswith("sqlite_autoindex"):
                    found[name] = (table.name, bool(unique))
    else:
        for name, table_name, unique in truth.query(
            "SELECT c.relname, t.relname, i.indisunique FROM pg_index i "
            "JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid "
            "WHERE t.relname LIKE 'campfire%' AND NOT EXISTS "
            "(SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)"
        ):
            found[name] = (table_name, unique)
    assert found == {
        index.name: (table.name, bool(index.unique))
        for table in TABLES
        for index in table.indexes
        if index.name not in ONLY_POSTGRESQL or engine == "postgresql"
    }


def test_sqlite_keeps_the_rows_of_small_tables_in_their_key(sqlite_database_url: str) -> None:
    without = {
        name
        for name, sql in Truth(sqlite_database_url).query(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name LIKE 'campfire%'"
        )
        if "WITHOUT ROWID" in sql and name not in FTS5
    }
    assert without == {
        table.name for table in TABLES if not table.dialect_options["sqlite"]["with_rowid"]
    }


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
