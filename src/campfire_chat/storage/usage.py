"""What the processes have let through of those who use much: how they share their load limits.

Each process keeps a row per busy key with a counter that only grows, and deletes it when the key
is quiet again. What others have let through is the growth of their counters, so a look that was
missed is made up for by the next one, and no two clocks have to agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import String, bindparam, delete, or_, select

from campfire_chat.clock import SECOND
from campfire_chat.protocols import Clock
from campfire_chat.storage import statements, tables
from campfire_chat.storage.dialects import Engine
from campfire_chat.storage.lanes import Lanes, Session
from campfire_chat.storage.statement import Query

_u = tables.usage.c

#: Seconds after which a row that nobody writes any more is taken away: its process has died.
LIFE = 600
#: Rows of others that one look reads.
MAX_ROWS = 10_000


class Used(NamedTuple):
    """A process has let through so many of a key since the key became busy there."""

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

    Not through the ledger: this is nobody's message, and locks nothing that a message needs.

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
        """Delete what dead processes have left behind."""
        now, life = self._now(), LIFE * SECOND
        # A clock that was wrong when the row was written must not keep it for ever.
        old = or_(_u.at < now - life, _u.at > now + life)
        left = await self._readers.run(lambda session: session.first(select(_u.key).where(old)))
        if left is not None:
            await self._writer.run(lambda session: session.execute(delete(tables.usage).where(old)))
