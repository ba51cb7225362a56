"""The functions of the host app that say who makes a request, and what they see."""

from __future__ import annotations

from collections.abc import Awaitable, Collection
from typing import Protocol

from starlette.requests import HTTPConnection

from campfire_chat.access.records import Agent, Visitor


class Authenticate(Protocol):
    """A function that says who makes a request, from the session of the host app.

    It is called with Starlette's ``HTTPConnection`` for every HTTP request, and before a WebSocket
    is accepted. So it has to be quick. While a WebSocket is open, the page proves the session
    with further HTTP requests. It may be a plain function or a coroutine function.

    Returns:
        ``Agent`` for a user who answers visitors, ``Visitor`` for a user who asks for help,
        ``None`` for an anonymous visitor.

    Raises:
        Exception: Any exception refuses the caller. The request is answered with 500, and the
            exception is logged. An exception that says that something cannot be reached is
            answered with 503; see :mod:`campfire_chat.core.outages`.
    """

    def __call__(
        self, connection: HTTPConnection, /
    ) -> Agent | Visitor | Awaitable[Agent | Visitor | None] | None: ...


class AccessLabels(Protocol):
    """A function that says which conversations an agent sees.

    It is called with the ``Agent`` that ``authenticate`` has returned, each time, so it has to be
    quick too. It may be a plain function or a coroutine function.

    Returns:
        The agent's labels: they see the conversations that carry one of them, and those without
        labels. ``None``: they see all conversations of their organisation.

    Raises:
        Exception: As for :class:`Authenticate`.
    """

    def __call__(
        self, agent: Agent, /
    ) -> Collection[str] | Awaitable[Collection[str] | None] | None: ...
