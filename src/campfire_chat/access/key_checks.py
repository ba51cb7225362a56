"""Check values of the secret keys of the processes on this database. They do not reveal a key.

Two processes without a common key refuse each other's tokens, and neither can see why. So each
process stores the check values of its keys, and the others compare them. The values of the last
start stay, for the next start after all processes have ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import delete, select

from campfire_chat.core import scalars
from campfire_chat.database import tables
from campfire_chat.database.lanes import Lanes, Session

#: The row of ``campfire_settings`` that the last start wrote; those of the processes have their
#: ids behind it.
_LAST = "secret_key_checks"
_OF_NODE = f"{_LAST}:"
_column = tables.settings.c
_installation = _column.org_id == scalars.INSTALLATION
_decode = msgspec.json.Decoder(frozenset[str]).decode


class KeyChecks:
    """See the module."""

    def __init__(self, writer: Lanes, readers: Lanes) -> None:
        self._writer = writer
        self._readers = readers

    async def enter(self, node_id: str, checks: Iterable[str]) -> frozenset[str]:
        """Store the check values of a process. Return those of the start before it, if any."""
        value = msgspec.json.encode(sorted(checks)).decode()

        async def work(session: Session) -> frozenset[str]:
            mine = _installation & (_column.key == _LAST)
            row = await session.first(select(_column.value).where(mine))
            for key in (_LAST, _OF_NODE + node_id):
                await session.execute(
                    session.engine.upsert(tables.settings)
                    .values(org_id=scalars.INSTALLATION, key=key, value=value)
                    .on_conflict_do_update(index_elements=["org_id", "key"], set_={"value": value})
                )
            return frozenset() if row is None else _decode(row["value"])

        return await self._writer.run(lambda session: session.transaction(lambda _: work(session)))

    async def of(self, node_ids: Sequence[str]) -> list[frozenset[str]]:
        """The check values of these processes, where they are stored."""
        if not node_ids:
            return []
        keys = [_OF_NODE + node_id for node_id in node_ids]

        async def work(session: Session) -> list[frozenset[str]]:
            rows = await session.all(
                select(_column.value).where(_installation, _column.key.in_(keys))
            )
            return [_decode(row["value"]) for row in rows]

        return await self._readers.run(work)

    async def forget(self, node_ids: Sequence[str]) -> None:
        """Delete the check values of processes that have ended."""
        keys = [_OF_NODE + node_id for node_id in node_ids]

        async def work(session: Session) -> None:
            await session.execute(
                delete(tables.settings).where(_installation, _column.key.in_(keys))
            )

        await self._writer.run(work)
