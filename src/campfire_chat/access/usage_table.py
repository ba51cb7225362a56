"""What the processes have admitted from their busiest callers, to share load limits.

Each process has a row for each busy key, with a counter that only grows, and deletes it when the
key is quiet again. The others read how much the counter has grown. So a missed look is caught up by
the next one, and clocks need not agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import String, bindparam, delete, or_, select

from campfire_chat.access import statements, tables
from campfire_chat.core.clock import SECOND, Clock
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Lanes, Session
from campfire_chat.database.statement import Query

_u = tables.usage.c

#: Seconds after which a row that is no longer updated is deleted, because its process has ended.
LIFE = 600
#: Number of rows of other processes that one look reads.
MAX_ROWS = 10_000


class Used(NamedTuple):
    """How many a process has admitted for a key since the key became busy there."""

    organization: str
    key: str
    node: str
    amount: int


def _others(engine: Engine) -> Any:
    return (
        select(_u.org_id, _u.key, _u.node_id, _u.used)
        .where(_u.node_id != bindparam("node_id", type_=String))
        .limit(MAX_ROWS)
    )


_OTHERS = Query(_others)


class Usage:
    """See the module.

    The writes do not go through the ledger: they lock nothing that a message needs.

    Args:
        writer: The writer lane.
        readers: The reader lanes.
        now: The wall clock.
    """

    def __init__(self, writer: Lanes, readers: Lanes, *, now: Clock) -> None:
        self._writer = writer
        self._readers = readers
        self._now = now

    async def tell(
        self, node: str, busy: Sequence[tuple[str, str, int]], quiet: Sequence[tuple[str, str]]
    ) -> None:
        """Write this process's counters and delete those of quiet keys, in one transaction."""
        at = self._now()

        async def work(session: Session) -> None:
            rows = [(organization, key, node, used, at) for organization, key, used in busy]
            await session.write(statements.WRITE_USAGE, rows)
            gone = [(organization, key, node) for organization, key in quiet]
            await session.write(statements.DELETE_USAGE, gone)

        await self._writer.run(lambda session: session.transaction(lambda _: work(session)))

    async def others(self, node: str) -> list[Used]:
        """The counters of all processes but ``node``."""
        rows = await self._readers.run(lambda session: session.fetch(_OTHERS, node_id=node))
        return [Used(*row) for row in rows]

    async def sweep(self) -> None:
        """Delete the rows of processes that have ended."""
        now, life = self._now(), LIFE * SECOND
        # A clock that was wrong when the row was written must not keep it for ever.
        old = or_(_u.at < now - life, _u.at > now + life)
        left = await self._readers.run(lambda session: session.first(select(_u.key).where(old)))
        if left is not None:
            await self._writer.run(lambda session: session.execute(delete(tables.usage).where(old)))
