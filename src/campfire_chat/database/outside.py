"""A database that no desk has open here, such as for the command line."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.database.lanes import Lanes


@contextlib.asynccontextmanager
async def lanes_of(database_url: str) -> AsyncGenerator[Lanes]:
    """One connection, for reading and writing.

    Raises:
        StorageUnavailableError: The database cannot be reached.
        MigrationError: The schema is not the one that is needed.
    """
    engine = engine_of(database_url)
    lanes = Lanes(database_url, engine, count=1, writable=True, limit=100)
    await lanes.start()
    try:
        await schema.prepare(lanes, engine, "check")
        yield lanes
    finally:
        await lanes.stop()
