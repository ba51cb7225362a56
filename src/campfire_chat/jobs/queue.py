"""The queue of jobs in the database: claiming, finishing, giving back, parking.

Claims go past the ledger, on the writer lane, since they write no event. Times come
from the clock of the process. Clocks may differ by less than a lease.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import delete, select, update

from campfire_chat.core import ids, scalars
from campfire_chat.core.clock import SECOND, Clock
from campfire_chat.database.lanes import Lanes, Session
from campfire_chat.jobs import statements, tables
from campfire_chat.jobs.deferral import MAX_ERROR
from campfire_chat.jobs.job import Claimed
from campfire_chat.jobs.schedule import Schedule
from campfire_chat.ledger.write_batch import Records, WriteBatch

_j = tables.jobs.c

#: Seconds for which a claim is valid without a renewal. A crash delays the jobs of its process by
#: this time.
LEASE = 30.0


class ParkedJob(Struct, frozen=True):
    """A job that is not tried any more until somebody says so; times in microseconds."""

    organization: str
    id: str
    kind: str
    arguments: str
    attempts: int
    error: str | None
    created_at: int
    parked_at: int


class Queue:
    """See the module.

    Args:
        writer: The writer lane.
        readers: The reader lanes.
        now: The wall clock.
        lease: Seconds.
    """

    def __init__(self, writer: Lanes, readers: Lanes, *, now: Clock, lease: float = LEASE) -> None:
        self._writer = writer
        self._readers = readers
        self._now = now
        self.lease = lease

    async def claim(
        self, kinds: Sequence[str], limit: int, *, room: Mapping[str, int], most: int
    ) -> list[Claimed]:
        """Lease jobs that are due.

        Organisations take turns, however many jobs each of them has.

        Args:
            kinds: The kinds that this process can do.
            limit: How many to claim at most.
            room: By organisation, how many more of its jobs this process takes; ``most`` for one
                that is not in there.
        """

        async def work(session: Session) -> list[Claimed]:
            engine, now = session.engine, self._now()
            names = engine.list_value(list(kinds))
            due = await session.fetch(statements.DUE, now=now, kinds=names)
            shares = fair_shares({row[0]: row[1] for row in due}, limit, room, most)
            claimed: list[Claimed] = []
            for organization, count in sorted(shares.items()):
                lease = ids.new(ids.JOB)
                rows = await session.fetch(
                    statements.CLAIM,
                    org_id=organization,
                    kinds=names,
                    now=now,
                    count=count,
                    until=now + int(self.lease * SECOND),
                    claim=lease,
                )
                claimed += [
                    Claimed(organization, job_id, kind, key, arguments, lease, attempts)
                    for job_id, kind, key, arguments, attempts in sorted(
                        rows, key=lambda row: row[0]
                    )
                ]
            return claimed

        if not await self._readers.run(lambda session: self._is_due(session, kinds)):
            return []
        return await self._writer.run(lambda session: session.transaction(lambda _: work(session)))

    async def _is_due(self, session: Session, kinds: Sequence[str]) -> bool:
        due = await self._next_due(session, kinds)
        return due is not None and due <= self._now()

    async def _next_due(self, session: Session, kinds: Sequence[str]) -> int | None:
        names = session.engine.list_value(list(kinds))
        rows = await session.fetch(statements.NEXT_DUE, kinds=names)
        return rows[0][0] if rows else None

    async def next_due(self, kinds: Sequence[str]) -> int | None:
        """When the next job may be claimed, in microseconds since 1970; None without any."""
        return await self._readers.run(lambda session: self._next_due(session, kinds))

    async def renew(self, jobs: Sequence[Claimed]) -> list[Claimed]:
        """Prolong leases; the jobs whose lease had been lost."""

        async def work(session: Session) -> list[Claimed]:
            until = self._now() + int(self.lease * SECOND)
            return [
                job
                for job in jobs
                if not await session.fetch(statements.RENEW, until=until, **_mine(job))
            ]

        return await self._writer.run(lambda session: session.transaction(lambda _: work(session)))

    async def finish(self, job: Claimed) -> None:
        """Remove a job that has been done; nothing if its lease was lost."""
        await self._writer.run(lambda session: session.fetch(statements.FINISH, **_mine(job)))

    async def retry(self, job: Claimed, *, delay: int, error: str) -> None:
        """Have a job that failed tried again after ``delay`` microseconds."""
        await self._again(job, due_at=self._now() + delay, taken_back=0, error=error)

    async def give_back(self, job: Claimed) -> None:
        """Return a job whose attempt was interrupted. The attempt does not count."""
        await self._again(job, due_at=self._now(), taken_back=1, error=None)

    async def _again(
        self, job: Claimed, *, due_at: int, taken_back: int, error: str | None
    ) -> None:
        async def work(session: Session) -> None:
            given_back = await session.fetch(
                statements.AGAIN,
                again_at=due_at,
                taken_back=taken_back,
                message=_kept(error),
                of_kind=job.kind,
                of_key=job.key,
                **_mine(job),
            )
            if not given_back:
                # A job of the same key waits by now and will see what this one would have seen;
                # or the lease was lost, and this removes nothing.
                await session.fetch(statements.FINISH, **_mine(job))

        await self._writer.run(lambda session: session.transaction(lambda _: work(session)))

    async def park(self, job: Claimed, *, error: str) -> None:
        """Stop trying a job, and keep it for a person to see."""
        await self._writer.run(
            lambda session: session.fetch(
                statements.PARK, now=self._now(), message=_kept(error), **_mine(job)
            )
        )

    async def park_unknown(self, kinds: Sequence[str], *, before: int) -> list[tuple[str, str]]:
        """Park jobs of other kinds that have been due since before a moment: their code is gone.

        Returns:
            The id and the kind of each.
        """

        async def work(session: Session) -> list[tuple[str, str]]:
            rows = await session.fetch(
                statements.PARK_UNKNOWN,
                kinds=session.engine.list_value(list(kinds)),
                before=before,
                now=self._now(),
                message="No code for this kind of job is installed.",
            )
            return [(job_id, kind) for _, job_id, kind in rows]

        return await self._writer.run(work)

    async def end_leases(self, kinds: Sequence[str]) -> None:
        """Make due what was claimed by a process whose clock was far ahead, and may be dead."""

        async def work(session: Session) -> None:
            now = self._now()
            await session.fetch(
                statements.END_LEASES,
                kinds=session.engine.list_value(list(kinds)),
                after=now + 2 * int(self.lease * SECOND),
                now=now,
            )

        await self._writer.run(work)

    async def fire(self, schedule: Schedule, organization: str = scalars.INSTALLATION) -> bool:
        """Make the job of a schedule's present slot, unless another process has."""

        async def work(session: Session) -> bool:
            now = self._now()
            slot = schedule.slot(now)
            if not await session.fetch(
                statements.TAKE_SLOT, org_id=organization, name=schedule.name, slot=slot
            ):
                return False
            batch = WriteBatch(Records(), now)
            schedule.defer(batch, organization, slot)
            await session.write_all(batch.writes())
            return True

        return await self._writer.run(lambda session: session.transaction(lambda _: work(session)))

    # For people.

    async def parked(self, *, limit: int = 100) -> list[ParkedJob]:
        """Jobs that are parked, the latest first, over all organisations."""

        async def latest(session: Session) -> list[ParkedJob]:
            rows = await session.all(
                select(
                    *(_j.org_id, _j.job_id, _j.kind, _j.arguments, _j.attempts),
                    *(_j.error, _j.created_at, _j.parked_at),
                )
                .where(_j.parked_at.is_not(None))
                .order_by(_j.parked_at.desc(), _j.job_id)
                .limit(limit)
            )
            return [ParkedJob(*row.values()) for row in rows]

        return await self._readers.run(latest)

    async def restart(self, organization: str, job_id: str) -> bool:
        """Try a parked job again, from its first attempt; whether there is such a job."""
        now = self._now()

        async def work(session: Session) -> bool:
            parked = _parked(organization, job_id)
            found = await session.first(select(_j.kind, _j.job_key).where(*parked))
            if found is None:
                return False
            if found["job_key"] is not None:
                # The one of its key that waits is newer; this one runs in its place.
                await session.execute(
                    delete(tables.jobs).where(
                        _j.org_id == organization,
                        _j.kind == found["kind"],
                        _j.job_key == found["job_key"],
                        _j.lease.is_(None),
                        _j.parked_at.is_(None),
                    )
                )
            await session.execute(
                update(tables.jobs)
                .where(*parked)
                .values(due_at=now, attempts=0, parked_at=None, error=None)
            )
            return True

        return await self._writer.run(lambda session: session.transaction(lambda _: work(session)))

    async def drop(self, organization: str, job_id: str) -> bool:
        """Remove a parked job; whether there was one."""

        async def work(session: Session) -> bool:
            parked = _parked(organization, job_id)
            found = await session.first(select(_j.job_id).where(*parked))
            await session.execute(delete(tables.jobs).where(*parked))
            return found is not None

        return await self._writer.run(lambda session: session.transaction(lambda _: work(session)))


def fair_shares(
    due: Mapping[str, int], limit: int, room: Mapping[str, int], most: int
) -> dict[str, int]:
    """How many jobs to claim of each organisation: one after the other takes one more.

    Args:
        due: How many are due, by organisation.
        limit: How many to claim in all.
        room: By organisation, how many it may have; ``most`` for one that is not in there.
    """
    left = {org: min(count, room.get(org, most)) for org, count in due.items()}
    shares: dict[str, int] = {}
    # Who has the fewest running begins, so that a latecomer is served before a busy one.
    order = sorted(left, key=lambda org: (-room.get(org, most), org))
    while limit > 0 and any(left.values()):
        for org in order:
            if limit > 0 and left[org] > 0:
                left[org] -= 1
                limit -= 1
                shares[org] = shares.get(org, 0) + 1
    return shares


def _mine(job: Claimed) -> dict[str, Any]:
    return {"org_id": job.organization, "job_id": job.id, "held": job.lease}


def _parked(organization: str, job_id: str) -> tuple[Any, ...]:
    return (_j.org_id == organization, _j.job_id == job_id, _j.parked_at.is_not(None))


def _kept(error: str | None) -> str | None:
    return None if error is None else error[:MAX_ERROR]
