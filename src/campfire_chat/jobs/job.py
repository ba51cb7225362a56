"""What a job is, and what a kind of job has to say of itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from campfire_chat.access.actor import Actor, system_actor
from campfire_chat.access.permissions import Permission
from campfire_chat.jobs.deferral import defer
from campfire_chat.jobs.retry import Retry
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.write_batch import WriteBatch

A = TypeVar("A", bound=Struct)

_encode = msgspec.json.Encoder().encode


class Job(Struct, Generic[A], frozen=True):
    """A job as the code that does it sees it.

    Attributes:
        id: The same for every attempt: what is done outside the database can be recognised by it.
        organization: Whose it is; empty for what concerns the whole installation.
        arguments: What it is about.
        attempt: 1 for the first.
        actor: The system, with the permissions of the job's kind.
    """

    id: str
    organization: str
    arguments: A
    attempt: int
    actor: Actor


Run = Callable[[Job[A]], Awaitable[Operation[Any] | None]]


class JobKind(Generic[A]):
    """A kind of work that can be deferred.

    Args:
        name: Names it in the database, such as ``conversation.wake``; it stays when the code
            moves.
        arguments: The type of its arguments. Stored jobs outlive a deployment: a new field needs
            a default.
        permissions: What it may do. It acts as the system, which may do nothing else.
        retry: What happens after a failure.
        timeout: Seconds that one attempt may take.
        at_once: How many of them one process does at the same time, for work that waits for others
            than the database; None for as many as there is room for.

    Its code is attached when the desk is started, since it needs the desk's services:
    :meth:`done_by`.
    """

    def __init__(
        self,
        name: str,
        arguments: type[A],
        *,
        permissions: tuple[Permission, ...],
        retry: Retry | None = None,
        timeout: float = 60.0,
        at_once: int | None = None,
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.permissions = permissions
        self.retry = retry or Retry()
        self.timeout = timeout
        self.at_once = at_once

    def encode(self, arguments: A) -> str:
        """Arguments as they are stored."""
        return _encode(arguments).decode()

    def defer(
        self,
        batch: WriteBatch,
        organization: str,
        arguments: A,
        *,
        run_at: int,
        key: str | None = None,
    ) -> None:
        """Have a job done once ``batch`` is committed, by whichever process claims it first.

        Args:
            run_at: When it may begin, in microseconds since 1970.
            key: Among the jobs of this kind that wait to be begun, one has this key: a second
                one gives it another time and other arguments. Without a key every call makes a
                job.
        """
        defer(batch, organization, self.name, self.encode(arguments), run_at, key)

    def done_by(self, run: Run[A]) -> Work:
        """The kind with its code.

        Args:
            run: Does one attempt. It may be called more than once for a job, so what it does
                outside the database has to bear that. The operation that it returns is carried
                out in the transaction that removes the job, and so exactly once.
        """

        async def decoded(job: Claimed) -> Operation[Any] | None:
            arguments = msgspec.json.decode(job.arguments, type=self.arguments)
            actor = system_actor(job.organization, *self.permissions)
            return await run(Job(job.id, job.organization, arguments, job.attempt, actor))

        return Work(self.name, self.retry, self.timeout, self.permissions, decoded, self.at_once)


class Claimed(Struct, frozen=True):
    """A job that this process has claimed, as it stands in the database.

    Attributes:
        arguments: JSON.
        lease: Names the claim; the job is ours as long as the row carries it.
        attempt: 1 for the first.
    """

    organization: str
    id: str
    kind: str
    key: str | None
    arguments: str
    lease: str
    attempt: int


class Work(Struct, frozen=True):
    """A kind of job and the code that does it."""

    kind: str
    retry: Retry
    timeout: float
    permissions: tuple[Permission, ...]
    run: Callable[[Claimed], Awaitable[Operation[Any] | None]]
    at_once: int | None = None
