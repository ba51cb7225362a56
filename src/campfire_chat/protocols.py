"""The seams that a host may fill, each with its contract."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from starlette.requests import HTTPConnection

from campfire_chat.models import Agent, Visitor


class Authenticate(Protocol):
    """Tells who is behind a connection, from the host's own session.

    Called with Starlette's ``HTTPConnection`` for HTTP requests and WebSockets alike, before a
    WebSocket is accepted and again while it is open, so it must be quick and may be called often.
    It may be a plain function or a coroutine function.

    Returns:
        ``Agent`` for a user who answers, ``Visitor`` for a user who asks, ``None`` for a
        stranger, who becomes an anonymous visitor.

    Raises:
        Anything: the request is then answered with 500 and the error is logged; nobody is let in.
    """

    def __call__(
        self, connection: HTTPConnection, /
    ) -> Agent | Visitor | Awaitable[Agent | Visitor | None] | None: ...


class Clock(Protocol):
    """The wall clock: microseconds since 1970, UTC. It may jump; nothing relies on its order."""

    def __call__(self) -> int: ...
