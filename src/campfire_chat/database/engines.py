"""Finds the engine for a database URL."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from campfire_chat.configuration import check_sqlite_url, check_url_is_text, named
from campfire_chat.core.errors import ConfigurationError
from campfire_chat.core.urls import check_url, scheme_of
from campfire_chat.database.dialects import Engine
from campfire_chat.database.postgresql import PostgreSQLEngine
from campfire_chat.database.sqlite import SQLiteEngine, path_of


def engine_of(url: str) -> Engine:
    """The engine that a database URL names.

    Raises:
        ConfigurationError: The database is not supported, or the URL is not valid.
    """
    check_url_is_text(url, field="database_url", example="sqlite:///support.db")
    scheme = scheme_of(url)
    if scheme in ("sqlite", "sqlite+aiosqlite"):
        check_sqlite_url(url, field="database_url")
        return SQLiteEngine()
    if scheme in ("postgresql", "postgres", "postgresql+asyncpg"):
        if importlib.util.find_spec("asyncpg") is None:
            raise ConfigurationError(
                "PostgreSQL needs asyncpg: pip install 'campfire-chat[postgres]'",
                field="database_url",
            )
        check_url(url, field="database_url")
        return PostgreSQLEngine()
    raise ConfigurationError(
        f"campfire-chat has no database engine for {named(scheme)}. Write sqlite:///support.db, "
        "or postgresql://user:password@host/name without the name of a driver.",
        field="database_url",
    )


def missing_file(url: str) -> Path | None:
    """The file of an SQLite database that does not exist yet; None for every other database.

    Raises:
        ConfigurationError: The database is not supported, or the URL is not valid.
    """
    if engine_of(url).name != "sqlite":
        return None
    path = path_of(url)
    return None if path.is_file() else path
