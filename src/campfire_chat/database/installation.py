"""Values of the whole installation. The very first process creates them, all others read them."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from sqlalchemy import BigInteger, Text, cast, select

from campfire_chat.core import scalars
from campfire_chat.core.errors import StorageUnavailableError
from campfire_chat.database import tables
from campfire_chat.database.lanes import Session

#: Names the present life of the database. Whoever restores a backup deletes it.
EPOCH = "epoch"
#: The key with which the ids of agents are derived from the host app's.
AGENT_KEY = "agent_key"


async def read_epoch(session: Session) -> str:
    """Return the epoch.

    Raises:
        StorageUnavailableError: It cannot be stored.
    """
    return await session.transaction(lambda _: fact(session, EPOCH, lambda: secrets.token_hex(8)))


async def read_agent_key(session: Session) -> bytes:
    """Return the key for the ids of agents.

    Raises:
        StorageUnavailableError: It cannot be stored.
    """
    return await session.transaction(lambda _: agent_key(session))


async def agent_key(session: Session) -> bytes:
    """The same as :func:`read_agent_key`, inside a transaction."""
    return bytes.fromhex(await fact(session, AGENT_KEY, lambda: secrets.token_hex(32)))


async def fact(session: Session, key: str, make: Callable[[], str]) -> str:
    """Return a value. ``make`` creates it when there is none."""
    column = tables.settings.c
    mine = (column.org_id == scalars.INSTALLATION) & (column.key == key)
    row = await session.first(select(column.value).where(mine))
    if row is not None:
        return row["value"]
    # Two processes may start on an empty database at once. The value of the first one is used.
    await session.execute(
        session.engine.upsert(tables.settings)
        .values(org_id=scalars.INSTALLATION, key=key, value=make())
        .on_conflict_do_nothing()
    )
    stored = await session.first(select(column.value).where(mine))
    if stored is None:
        raise StorageUnavailableError("The database does not store what is written to it.")
    return stored["value"]


async def next_number(session: Session, key: str) -> int:
    """One more than the last number of that name, for rows that processes read in the order of
    their commits. It stays locked until the commit, so nobody can read a later number before this
    one."""
    column = tables.settings.c
    await session.execute(
        session.engine.upsert(tables.settings)
        .values(org_id=scalars.INSTALLATION, key=key, value="1")
        .on_conflict_do_update(
            index_elements=["org_id", "key"],
            set_={"value": cast(cast(column.value, BigInteger) + 1, Text)},
        )
    )
    return await last_number(session, key)


async def last_number(session: Session, key: str) -> int:
    """The last number of that name; 0 if there was none."""
    column = tables.settings.c
    mine = (column.org_id == scalars.INSTALLATION) & (column.key == key)
    row = await session.first(select(column.value).where(mine))
    return 0 if row is None else int(row["value"])
