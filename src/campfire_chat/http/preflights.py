"""Preflights for campfire-chat, answered before the middleware of the host app sees them.

A ``CORSMiddleware`` of the host app answers all preflights by its own list of origins, and refuses
pages that campfire-chat allows. campfire-chat has its own lists: :attr:`Settings.allowed_origins`,
and those of the organisations. So its preflights bypass the middleware of the host app, unless
nothing is on these lists.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Receive, Scope, Send

logger = logging.getLogger("campfire_chat")

#: What pages of other origins may send to the API.
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
HEADERS = ("Authorization", "Content-Type", "Idempotency-Key")


#: Whether pages of other origins are allowed at the address of a preflight.
Answers = Callable[[Scope], Awaitable[bool]]


class Preflights:
    """Runs outside all middleware of ``host``, and passes the preflights for ``desk`` to it.

    Args:
        app: The host app with its middleware.
        host: The host app, for its routes.
        desk: An ASGI app that is mounted in the host app.
        answers: Whether ``desk`` answers a preflight.
    """

    def __init__(self, app: ASGIApp, host: Starlette, desk: ASGIApp, answers: Answers) -> None:
        self._app = app
        self._host = host
        self._desk = desk
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            mounted = self._mounted(scope)
            if mounted is not None and await self._answers(mounted):
                await self._desk(mounted, receive, send)
                return
        await self._app(scope, receive, send)

    def _mounted(self, scope: Scope) -> Scope | None:
        """The scope of a preflight for ``desk``, as its mount makes it."""
        headers = Headers(scope=scope)
        method = headers.get("access-control-request-method")
        if method is None or "origin" not in headers:
            return None
        asked: Scope = {**scope, "method": method}
        for route in self._host.routes:
            match, child = route.matches(asked)
            if match is Match.FULL:
                if isinstance(route, Mount) and route.app is self._desk:
                    return {**scope, **child}
                return None
        return None


def pass_preflights(host: Starlette, desk: ASGIApp, answers: Answers) -> None:
    """Let the preflights for ``desk`` bypass the middleware of ``host``, also middleware that is
    added later: the stack is built at the first call of the host app."""
    build = host.build_middleware_stack

    def build_with_preflights() -> ASGIApp:
        return Preflights(build(), host, desk, answers)

    host.build_middleware_stack = build_with_preflights


def check_cors(host: Starlette, origins: Sequence[str]) -> None:
    """Warn of a ``CORSMiddleware`` before a ``Campfire`` that was mounted without ``mount_to``.

    This cannot be corrected here, so the warning names the lines that the host app needs.
    """
    for middleware in host.user_middleware:
        if not _is_cors(middleware.cls):
            continue
        options = middleware.kwargs
        wanted = {
            "allow_origins": list(origins),
            "allow_methods": list(METHODS),
            "allow_headers": list(HEADERS),
        }
        lacking = {
            name: values
            for name, values in wanted.items()
            if not _covers(cast("Sequence[str]", options.get(name, ())), values)
        }
        if options.get("allow_origin_regex") is not None:
            lacking.pop("allow_origins", None)
        if lacking:
            lines = ", ".join(
                f"{name}=[…, {str(values)[1:-1]}]" for name, values in lacking.items()
            )
            logger.warning(
                "the CORSMiddleware of the host app answers the preflights of pages on %s, and "
                "refuses them: mount with campfire.mount_to(app, path), or give the middleware "
                "%s",
                ", ".join(origins),
                lines,
            )


def _is_cors(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, CORSMiddleware)


def _covers(allowed: Sequence[str], wanted: Sequence[str]) -> bool:
    known = {value.lower() for value in allowed}
    return "*" in known or known.issuperset(value.lower() for value in wanted)
