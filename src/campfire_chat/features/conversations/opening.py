"""Conversations that the host app begins inside its own transaction: a job carries them out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct

from campfire_chat.access.records import Visitor
from campfire_chat.features.conversations.permissions import CONVERSATIONS_CREATE
from campfire_chat.jobs.job import Job, JobKind
from campfire_chat.ledger.operation import Operation


class Opening(Struct, frozen=True):
    """What a conversation begins with.

    Attributes:
        conversation_id: The id that it will have.
    """

    conversation_id: str
    visitor: Visitor
    body: str
    subject: str | None = None


OPEN = JobKind("conversation.open", Opening, permissions=(CONVERSATIONS_CREATE,))

Open = Callable[[Opening], Awaitable[object]]


def done_by(open: Open) -> Callable[[Job[Opening]], Awaitable[Operation[None] | None]]:
    """The code of the jobs.

    Args:
        open: Begins the conversation. What it has begun already it does not begin again.
    """

    async def run(job: Job[Opening]) -> None:
        await open(job.arguments)

    return run
