"""Messages that the host app sends inside its own transaction: a job carries them out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct

from campfire_chat.access.actor import Actor, actor_of_visitor
from campfire_chat.access.records import Visitor
from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ
from campfire_chat.features.messages.permissions import CONVERSATIONS_REPLY, NOTES_WRITE
from campfire_chat.features.messages.records import Visibility
from campfire_chat.jobs.job import Job, JobKind


class MessageOrder(Struct, frozen=True):
    """What a message will be.

    Attributes:
        message_id: The id that it will have.
        visitor: The sender; None for the system.
    """

    message_id: str
    conversation_id: str
    body: str
    visitor: Visitor | None = None
    visibility: Visibility = Visibility.PUBLIC


SEND = JobKind(
    "message.send",
    MessageOrder,
    permissions=(CONVERSATIONS_READ, CONVERSATIONS_REPLY, NOTES_WRITE),
)

Send = Callable[[Actor, MessageOrder], Awaitable[object]]


def done_by(send: Send) -> Callable[[Job[MessageOrder]], Awaitable[None]]:
    """The code of the jobs.

    Args:
        send: Sends the message. What it has sent already it does not send again.
    """

    async def run(job: Job[MessageOrder]) -> None:
        visitor = job.arguments.visitor
        await send(job.actor if visitor is None else actor_of_visitor(visitor), job.arguments)

    return run
