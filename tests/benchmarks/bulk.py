"""Writing an archive into a database, as fast as its engine takes it."""

from __future__ import annotations

import sqlite3

from campfire_chat import Campfire
from campfire_chat.database import tables
from tests.benchmarks.archive import AGENT_KEY, Archive
from tests.support import host
from tests.support.engines import run_apart

#: So that the host's session makes an agent one of the archive's.
_USE_KEY = (
    f"UPDATE campfire_settings SET value = '{AGENT_KEY.hex()}' "
    "WHERE org_id = '' AND key = 'agent_key'"
)


def fill(database_url: str, archive: Archive) -> None:
    """Bring a database up to date and write the archive into it."""
    run_apart(_migrate(host.campfire_for(database_url)))
    if database_url.startswith("sqlite"):
        _fill_sqlite(database_url.removeprefix("sqlite:///"), archive)
    else:
        run_apart(_fill_postgresql(database_url, archive))


async def _migrate(campfire: Campfire) -> None:
    await campfire.migrate()


def _fill_sqlite(path: str, archive: Archive) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # Nobody would miss half an archive.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -262144")
        connection.execute(_USE_KEY)
        for rows in archive.chunks():
            connection.execute("BEGIN")
            for name, some in rows.items():
                marks = ", ".join("?" * len(some[0]))
                connection.executemany(f"INSERT INTO {name} VALUES ({marks})", some)
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


async def _fill_postgresql(url: str, archive: Archive) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET synchronous_commit = off")
        await connection.execute(_USE_KEY)
        for rows in archive.chunks():
            for name, some in rows.items():
                columns = list(tables.metadata.tables[name].columns.keys())
                await connection.copy_records_to_table(name, records=some, columns=columns)
        # What autovacuum would have done by now.
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()
