"""The positions of consumers in the database, and which process reads for which of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from campfire_chat.access.actor import system_actor
from campfire_chat.core import scalars
from campfire_chat.core.clock import SECOND, Clock
from campfire_chat.database.lanes import Lanes, Session
from campfire_chat.feed import statements
from campfire_chat.jobs.deferral import MAX_ERROR
from campfire_chat.ledger import streams
from campfire_chat.ledger.operation import BatchOperation, ConditionalOperation, Operation
from campfire_chat.ledger.transaction import Transaction
from campfire_chat.ledger.write_batch import WriteBatch

#: Seconds for which a claim is valid without a renewal. A crash delays what its process read by
#: this time.
LEASE = 30.0

#: A consumer in an organisation: the organisation, and the name of the consumer.
Place = tuple[str, str]


class ConsumerState(Struct, frozen=True):
    """How a consumer gets on in an organisation.

    Attributes:
        behind: The entries of the inbox that it has not read.
        failed_at: Since when it fails again and again, in microseconds since 1970; None if it
            does not.
        error: The last error of these.
    """

    organization: str
    consumer: str
    behind: int
    failed_at: int | None
    error: str | None


async def states(session: Session) -> list[ConsumerState]:
    """Every consumer in every organisation that it has read of."""
    rows = await session.fetch(statements.STATES)
    return [
        ConsumerState(organization, consumer, (head or 0) - position, failed_at, error)
        for organization, consumer, position, head, failed_at, error in rows
    ]


class Positions:
    """See the module.

    Args:
        writer: The writer lane.
        readers: The reader lanes.
        node: The id of this process, in whose name places are claimed.
        now: The wall clock.
        lease: Seconds.
    """

    def __init__(
        self, writer: Lanes, readers: Lanes, *, node: str, now: Clock, lease: float = LEASE
    ) -> None:
        self._writer = writer
        self._readers = readers
        self._node = node
        self._now = now
        self.lease = lease

    async def register(self, names: Sequence[str]) -> None:
        """Make consumers known. A new one begins at the present end of each feed."""

        async def work(session: Session) -> None:
            found = await session.fetch(
                statements.KNOWN,
                org_id=scalars.INSTALLATION,
                names=session.engine.list_value(list(names)),
            )
            new = sorted(set(names) - {row[0] for row in found})
            if not new:
                return
            heads = await session.fetch(statements.ORGANIZATIONS)
            rows = [
                (organization, name, head, None, 0, None, None)
                for organization, head in [(scalars.INSTALLATION, 0), *heads]
                for name in new
            ]
            await session.write(statements.ENSURE_CONSUMERS, rows)

        await self._writer.run(lambda session: session.transaction(lambda _: work(session)))

    async def behind(self, names: Sequence[str]) -> list[Place]:
        """Where these consumers have something to read."""
        rows = await self._readers.run(
            lambda session: session.fetch(
                statements.BEHIND, names=session.engine.list_value(list(names))
            )
        )
        return [(organization, name) for organization, name in rows]

    async def organizations(self) -> list[str]:
        """Every organisation that has a feed."""
        rows = await self._readers.run(lambda session: session.fetch(statements.ORGANIZATIONS))
        return [row[0] for row in rows]

    async def claim(self, place: Place) -> int | None:
        """Become the process that reads for a consumer, and return its position.

        Returns:
            None if another process is.
        """
        organization, consumer = place

        async def work(session: Session) -> int | None:
            now = self._now()
            # An organisation that is younger than the consumer: from its beginning.
            row = (organization, consumer, 0, None, 0, None, None)
            await session.write(statements.ENSURE_CONSUMERS, [row])
            rows = await session.fetch(
                statements.CLAIM,
                now=now,
                until=self._until(),
                latest=now + 2 * int(self.lease * SECOND),
                **self._mine(place),
            )
            return rows[0][0] if rows else None

        return await self._writer.run(lambda session: session.transaction(lambda _: work(session)))

    async def renew(self, places: Sequence[Place]) -> list[Place]:
        """Prolong claims; those that had been lost."""

        async def work(session: Session) -> list[Place]:
            until = self._until()
            return [
                place
                for place in places
                if not await session.fetch(statements.RENEW, until=until, **self._mine(place))
            ]

        return await self._writer.run(lambda session: session.transaction(lambda _: work(session)))

    async def release(self, places: Sequence[Place]) -> None:
        """Let other processes read for these consumers at once."""

        async def work(session: Session) -> None:
            for place in places:
                await session.fetch(statements.RELEASE, **self._mine(place))

        await self._writer.run(lambda session: session.transaction(lambda _: work(session)))

    async def failed(self, place: Place, error: str) -> None:
        """Note for a person to see why a consumer does not get on."""
        await self._writer.run(
            lambda session: session.fetch(
                statements.FAILED, message=error[:MAX_ERROR], now=self._now(), **self._mine(place)
            )
        )

    def reached(self, place: Place, position: int) -> Operation[None]:
        """An operation that moves a position forward. It costs no transaction of its own."""
        return _Reached(place, position)

    def reached_with(
        self, place: Place, position: int, operation: Operation[Any]
    ) -> Operation[bool]:
        """An operation that moves a position and carries out another operation, both or neither.

        Its result is whether this process still reads for the consumer.
        """
        values = {"reached": position, "until": self._until(), **self._mine(place)}
        return _ReachedWith(values, operation)

    def _mine(self, place: Place) -> dict[str, Any]:
        organization, consumer = place
        return {"org_id": organization, "name": consumer, "held": self._node}

    def _until(self) -> int:
        return self._now() + int(self.lease * SECOND)


def begin_here(transaction: Transaction, organization: str, consumer: str) -> None:
    """Have a consumer, which has not read in an organisation so far, begin there with what the
    transaction commits. The transaction has locked the inbox."""
    head = transaction.records.heads[organization, streams.inbox(organization)]
    row = (organization, consumer, head, None, 0, None, None)
    transaction.upsert(statements.WRITE_POSITIONS, (organization, consumer), row)


class _Reached(BatchOperation[None]):
    """See :meth:`Positions.reached`."""

    appends = False

    def __init__(self, place: Place, position: int) -> None:
        super().__init__(system_actor(place[0]))
        self._place = place
        self._position = position

    def apply(self, batch: WriteBatch) -> None:
        row = (*self._place, self._position, None, 0, None, None)
        batch.upsert(statements.WRITE_POSITIONS, self._place, row)


class _ReachedWith(ConditionalOperation):
    """See :meth:`Positions.reached_with`."""

    def __init__(self, values: dict[str, Any], operation: Operation[Any]) -> None:
        super().__init__(operation)
        self._values = values

    async def holds(self, transaction: Transaction) -> bool:
        return bool(await transaction.session.fetch(statements.ADVANCE, **self._values))
