"""Which visitors' tokens were revoked, and up to when; every process reads along."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import delete, select

from campfire_chat.access import tables
from campfire_chat.core.clock import Clock
from campfire_chat.database import installation
from campfire_chat.database.lanes import Lanes, Session

_r = tables.revocations.c

#: Where ``campfire_settings`` keeps the number of the latest revocation.
NUMBER = "revocations"
#: Rows that one look reads.
PAGE = 1_000


class Revoked(NamedTuple):
    """Tokens of a visitor issued before ``not_before`` (microseconds since 1970) are refused."""

    organization: str
    visitor_id: str
    not_before: int
    number: int


class RevocationTable:
    """See the module. A row is numbered when it is written, in the order of the commits, so that a
    process reads only what it does not know yet.

    Args:
        writer: The writer lane.
        readers: The reader lanes.
        now: The wall clock.
    """

    def __init__(self, writer: Lanes, readers: Lanes, *, now: Clock) -> None:
        self._writer = writer
        self._readers = readers
        self._now = now

    async def add(self, organization: str, visitor_id: str) -> Revoked:
        """Revoke what a visitor was given until now.

        Raises:
            StorageUnavailableError: The database cannot be reached; nothing was revoked.
        """
        not_before = self._now()

        async def write(session: Session) -> Revoked:
            number = await installation.next_number(session, NUMBER)
            changed = {"not_before": not_before, "number": number}
            await session.execute(
                session.engine.upsert(tables.revocations)
                .values(org_id=organization, visitor_id=visitor_id, **changed)
                .on_conflict_do_update(index_elements=["org_id", "visitor_id"], set_=changed)
            )
            return Revoked(organization, visitor_id, not_before, number)

        return await self._writer.run(lambda session: session.transaction(lambda _: write(session)))

    async def since(self, number: int) -> list[Revoked]:
        """The next revocations after the one of that number, of all organisations."""

        async def read(session: Session) -> list[Revoked]:
            rows = await session.all(
                select(_r.org_id, _r.visitor_id, _r.not_before, _r.number)
                .where(_r.number > number)
                .order_by(_r.number)
                .limit(PAGE)
            )
            return [Revoked(*row.values()) for row in rows]

        return await self._readers.run(read)

    async def sweep(self, before: int) -> None:
        """Delete what no token that still counts could be from."""
        await self._writer.run(
            lambda session: session.execute(
                delete(tables.revocations).where(_r.not_before < before)
            )
        )
