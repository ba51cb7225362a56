"""Events that a hook has failed for, and those of the same subject behind them.

They wait in a table, and a job gives them out again in their order. So a failure holds back its own
subject and nothing else. An event that keeps failing becomes a parked job, which a person sees and
may start again, and the events behind it go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from campfire_chat.access.actor import system_actor
from campfire_chat.feed import statements as feed_statements
from campfire_chat.feed.reading import FeedEvent, read_one
from campfire_chat.hooks import statements
from campfire_chat.hooks.event import event_of
from campfire_chat.hooks.registry import AfterHook
from campfire_chat.jobs import deferral, failures
from campfire_chat.jobs.failures import OnFailure
from campfire_chat.jobs.job import Job, JobKind, Work
from campfire_chat.jobs.retry import Retry
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.storage import Storage
from campfire_chat.ledger.transaction import Transaction

#: How often a hook is called for an event before the event is given up.
ATTEMPTS = 10
#: Attempts of a job that may break off, such as by a crash, before its first event is given up.
BROKEN_OFF = 5
#: Events of one subject that one job gives out.
AT_ONCE = 50


class Subject(Struct, frozen=True):
    """A hook, and the subject whose events wait for it."""

    hook: str
    subject: str


class Held(Struct, frozen=True):
    """One event that was given up."""

    hook: str
    stream: str
    seq: int


#: Gives out what waits for one hook and one subject.
RETRY = JobKind(
    "hook.retry",
    Subject,
    permissions=(),
    retry=Retry(attempts=ATTEMPTS + BROKEN_OFF),
    timeout=600.0,
)
#: Calls a hook for one event, when a person wants it. It is parked again when that fails.
GIVEN_UP = JobKind("hook.event", Held, permissions=(), retry=Retry(attempts=1))


def consumer_of(hook: str) -> str:
    """The name of the consumer of a hook."""
    return f"hook:{hook}"


class HoldEvents(Operation[None]):
    """Have events wait, and a job give them out again.

    Args:
        subjects: The events by their subjects, each in their order.
    """

    appends = False

    def __init__(
        self, organization: str, hook: str, subjects: Mapping[str, Sequence[FeedEvent]]
    ) -> None:
        super().__init__(system_actor(organization))
        self._hook = hook
        self._subjects = subjects
        self.size += 200 * sum(map(len, subjects.values()))

    async def run(self, transaction: Transaction) -> None:
        session, organization = transaction.session, self.organization
        await session.fetch(feed_statements.LOCK, org_id=organization, name=consumer_of(self._hook))
        waiting = await session.fetch(
            statements.WAITING_SUBJECTS,
            org_id=organization,
            hook=self._hook,
            subjects=session.engine.list_value(list(self._subjects)),
        )
        have_a_job = {row[0] for row in waiting}
        for subject, events in self._subjects.items():
            for event in events:
                transaction.insert(
                    statements.INSERT,
                    (
                        *(organization, self._hook, subject, event.position),
                        *(event.number, event.stream, event.seq),
                    ),
                )
            if subject not in have_a_job:
                _defer(transaction, organization, self._hook, subject, failures=1)


class Redelivery:
    """See the module.

    Args:
        hooks: By their names.
        on_failure: Told of the last error for an event that is given up. The job tells of others.
    """

    def __init__(
        self,
        storage: Storage,
        hooks: Mapping[str, AfterHook],
        *,
        on_failure: OnFailure = failures.nobody,
    ) -> None:
        self._storage = storage
        self._hooks = hooks
        self._on_failure = on_failure

    def works(self) -> list[Work]:
        return [RETRY.done_by(self._give_out), GIVEN_UP.done_by(self._give_out_one)]

    async def _give_out(self, job: Job[Subject]) -> Operation[None] | None:
        name, subject = job.arguments.hook, job.arguments.subject
        rows = await self._storage.read(
            lambda session: session.fetch(
                statements.WAITING,
                org_id=job.organization,
                hook=name,
                subject=subject,
                count=AT_ONCE,
            )
        )
        done: list[tuple[int, int]] = []
        for position, number, stream, seq in rows:
            try:
                if not done and job.attempt > ATTEMPTS:
                    raise RuntimeError("Every attempt was broken off.")
                await self._call(job.organization, Held(name, stream, seq), position, number)
            except Exception as error:
                if done:
                    # It has not been tried often enough. A new job begins with it.
                    break
                if job.attempt < ATTEMPTS and name in self._hooks:
                    raise
                held = Held(name, stream, seq)
                done.append((position, number))
                self._on_failure(error)
                return _GivenOut(job.organization, job.arguments, done, (held, error))
            done.append((position, number))
        return _GivenOut(job.organization, job.arguments, done, None) if done else None

    async def _give_out_one(self, job: Job[Held]) -> None:
        await self._call(job.organization, job.arguments, 0, 0)

    async def _call(self, organization: str, held: Held, position: int, number: int) -> None:
        hook = self._hooks.get(held.hook)
        if hook is None:
            raise LookupError(f"There is no hook called {held.hook!r} any more.")
        event = await self._storage.read(
            lambda session: read_one(session, organization, position, number, held.stream, held.seq)
        )
        if event is not None:
            await hook.call(event_of(event))


class _GivenOut(Operation[None]):
    """Forget events that were given out, and go on with those behind them.

    Args:
        done: The places of these events in the feed.
        given_up: One of them for which the hook failed too often, and the last error.
    """

    appends = False

    def __init__(
        self,
        organization: str,
        subject: Subject,
        done: Sequence[tuple[int, int]],
        given_up: tuple[Held, Exception] | None,
    ) -> None:
        super().__init__(system_actor(organization))
        self._subject = subject
        self._done = done
        self._given_up = given_up

    async def run(self, transaction: Transaction) -> None:
        organization = self.organization
        hook, subject = self._subject.hook, self._subject.subject
        session = transaction.session
        # Whoever adds events of this subject meanwhile waits, and sees whether any are left.
        await session.fetch(feed_statements.LOCK, org_id=organization, name=consumer_of(hook))
        await session.write(
            statements.DELETE,
            [(organization, hook, subject, *place) for place in self._done],
        )
        left = await session.fetch(
            statements.WAITING, org_id=organization, hook=hook, subject=subject, count=1
        )
        if left:
            _defer(transaction, organization, hook, subject, failures=0)
        if self._given_up is not None:
            held, error = self._given_up
            deferral.park(
                transaction,
                organization,
                GIVEN_UP.name,
                GIVEN_UP.encode(held),
                attempts=ATTEMPTS,
                error=f"{type(error).__name__}: {error}",
            )


def _defer(
    transaction: Transaction, organization: str, hook: str, subject: str, *, failures: int
) -> None:
    delay = RETRY.retry.delay(failures) if failures else 0
    RETRY.defer(
        transaction,
        organization,
        Subject(hook, subject),
        run_at=transaction.now + (delay or 0),
        key=f"{hook} {subject}",
    )
