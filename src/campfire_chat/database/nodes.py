"""The processes that run on this database. Each keeps its own row up to date.

The rows do not go through the ledger: nothing depends on them, and they belong to no organisation.
A process counts as alive when its row changes. The time in it is not used, because clocks may
differ.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import delete, select

from campfire_chat.core import scalars
from campfire_chat.core.clock import Clock
from campfire_chat.database import tables
from campfire_chat.database.lanes import Lanes, Session
from campfire_chat.database.statement import BulkInsert

_n = tables.nodes.c


WRITE_NODES = BulkInsert(tables.nodes, keys=("org_id", "node_id"), keep=("started_at",))


class NodeRecord(Struct, frozen=True):
    """The row of a process.

    Attributes:
        bus: Its kind of bus.
        beat_at: The time of its last beat by its own clock, in microseconds since 1970.
    """

    id: str
    bus: str
    beat_at: int


class Nodes:
    """See the module."""

    def __init__(self, writer: Lanes, readers: Lanes, *, now: Clock) -> None:
        self._writer = writer
        self._readers = readers
        self._now = now

    async def beat(self, node_id: str, bus: str) -> None:
        """Record that a process is alive. The first beat creates its row."""
        now = self._now()
        row = (scalars.INSTALLATION, node_id, bus, now, now)

        async def work(session: Session) -> None:
            await session.write(WRITE_NODES, [row])

        await self._writer.run(work)

    async def forget(self, node_ids: Sequence[str]) -> None:
        """Delete the rows of processes that have ended."""

        async def work(session: Session) -> None:
            await session.execute(
                delete(tables.nodes).where(
                    _n.org_id == scalars.INSTALLATION, _n.node_id.in_(list(node_ids))
                )
            )

        await self._writer.run(work)

    async def all(self) -> list[NodeRecord]:
        """The rows of all processes, alive or not."""

        async def work(session: Session) -> list[NodeRecord]:
            rows = await session.all(
                select(_n.node_id, _n.bus, _n.beat_at)
                .where(_n.org_id == scalars.INSTALLATION)
                .order_by(_n.node_id)
            )
            return [NodeRecord(row["node_id"], row["bus"], row["beat_at"]) for row in rows]

        return await self._readers.run(work)
