"""Calls the host's functions before a message is stored: they may refuse or change its text.

It happens outside the database lane, and without functions it does not happen at all: a feature
asks :attr:`MessageReview.is_needed` first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from msgspec import Struct, structs

from campfire_chat.access.records import Participant
from campfire_chat.hooks.calls import called
from campfire_chat.hooks.errors import HookFailedError, MessageRefusedError

logger = logging.getLogger("campfire_chat.hooks")

T = TypeVar("T")

#: Seconds after which a client sends again what could not be checked.
RETRY_AFTER = 1.0


class OutgoingMessage(Struct, frozen=True, kw_only=True):
    """A message that is about to be stored, or the new text of one that is.

    Attributes:
        organization: Whose it is.
        conversation_id: The conversation; None for the first message of a new one.
        message_id: The message that is edited; None for a new one.
        sender: Who writes.
        internal: Whether it is a private note.
        body: The text, as the functions before this one have left it.
    """

    organization: str
    conversation_id: str | None
    message_id: str | None = None
    sender: Participant
    internal: bool
    body: str


BeforeFunction = Callable[[OutgoingMessage], Awaitable[str | None] | str | None]


class BeforeHook(Struct, frozen=True):
    """A function that is called before a message is stored."""

    name: str
    function: BeforeFunction


class MessageReview:
    """See the module.

    Args:
        hooks: The functions, in the order in which they are called.
        timeout: Seconds that all of them together may take for one message.
    """

    def __init__(self, hooks: Sequence[BeforeHook], timeout: float) -> None:
        self._hooks = hooks
        self._timeout = timeout
        self._turns: dict[tuple[str, str], _Turn] = {}
        #: An event loop keeps no task alive by itself.
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def is_needed(self) -> bool:
        """Whether there is any function to be called."""
        return bool(self._hooks)

    def begin(self, review: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Do a review and what comes after it, whether or not somebody waits for it."""
        task = asyncio.get_running_loop().create_task(review, name="campfire-review")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @asynccontextmanager
    async def turn(self, organization: str, subject: str) -> AsyncGenerator[None]:
        """Surrounds one review and the queueing of what comes out of it. Those of one subject, such
        as a conversation, come one after the other, in the order in which they were begun."""
        key = (organization, subject)
        turn = self._turns.setdefault(key, _Turn())
        turn.users += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.users -= 1
            if not turn.users:
                del self._turns[key]

    async def text_of(self, message: OutgoingMessage, check: Callable[[str], str]) -> str:
        """The text to store.

        Args:
            check: Raises if a text cannot be stored.

        Raises:
            MessageRefusedError: A function refuses the message.
            HookFailedError: A function raised something else, or did not answer in time.
        """
        name = ""
        try:
            async with asyncio.timeout(self._timeout):
                for hook in self._hooks:
                    name = hook.name
                    answer = await called(hook.function, message)
                    if answer is not None:
                        message = structs.replace(message, body=check(_text(answer)))
        except MessageRefusedError:
            raise
        except Exception as error:
            logger.exception("the hook %r failed, so a message was not stored", name)
            raise HookFailedError(retry_after=RETRY_AFTER) from error
        return message.body


class _Turn:
    """Who is next for a subject.

    Attributes:
        users: Number of those who have or want it.
    """

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0


def _text(answer: object) -> str:
    if not isinstance(answer, str):
        raise TypeError(
            f"a hook before message.send must return None or the new text, not {type(answer)!r}"
        )
    return answer
