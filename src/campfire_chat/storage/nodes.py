"""The processes that run on this database, as rows that each of them keeps fresh.

They go past the ledger: nothing depends on them, and they belong to no organisation. Who is
alive is not judged by the time of a beat, which clocks may disagree on, but by its changing.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import delete, select

from campfire_chat.protocols import Clock
from campfire_chat.storage import statements, tables
from campfire_chat.storage.lanes import Lanes, Session

_n = tables.nodes.c


class NodeRecord(Struct, frozen=True):
    """A process as it wrote itself down.

    Attributes:
        bus: The kind of bus it has.
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
        """A process is alive; its first beat writes it down."""
        now = self._now()
        row = (tables.INSTALLATION, node_id, bus, now, now)

        async def work(session: Session) -> None:
            await session.write(statements.WRITE_NODES, [row])

        await self._writer.run(work)

    async def forget(self, node_ids: Sequence[str]) -> None:
        """Processes that have ended."""

        async def work(session: Session) -> None:
            await session.execute(
                delete(tables.nodes).where(
                    _n.org_id == tables.INSTALLATION, _n.node_id.in_(list(node_ids))
                )
            )

        await self._writer.run(work)

    async def all(self) -> list[NodeRecord]:
        """Every process that was written down, whether it is still alive or not."""

        async def work(session: Session) -> list[NodeRecord]:
            rows = await session.all(
                select(_n.node_id, _n.bus, _n.beat_at)
                .where(_n.org_id == tables.INSTALLATION)
                .order_by(_n.node_id)
            )
            return [NodeRecord(row["node_id"], row["bus"], row["beat_at"]) for row in rows]

        return await self._readers.run(work)
