"""The epoch of the database."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from campfire_chat.errors import StorageUnavailableError
from campfire_chat.storage import tables
from campfire_chat.storage.lanes import Session


async def read(session: Session) -> str:
    """Return the epoch. The very first process creates it.

    Raises:
        StorageUnavailableError: It cannot be stored.
    """
    return await session.transaction(lambda _: _read_or_make(session))


async def _read_or_make(session: Session) -> str:
    column = tables.settings.c
    mine = (column.org_id == tables.INSTALLATION) & (column.key == "epoch")
    row = await session.first(select(column.value).where(mine))
    if row is not None:
        return row["value"]
    # Two processes may start on an empty database at once. The epoch of the first one is used.
    await session.execute(
        session.engine.upsert(tables.settings)
        .values(org_id=tables.INSTALLATION, key="epoch", value=secrets.token_hex(8))
        .on_conflict_do_nothing()
    )
    stored = await session.first(select(column.value).where(mine))
    if stored is None:
        raise StorageUnavailableError("The database does not store what is written to it.")
    return stored["value"]
