"""Mounting into host apps: paths below a mount path, and frameworks that cannot mount."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from campfire_chat.configuration import check_mount_path
from campfire_chat.core.errors import ConfigurationError

logger = logging.getLogger("campfire_chat")


class Startable(Protocol):
    """A ``Campfire``, as the mount sees it: an ASGI app that is started and stopped."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


def relative(scope: Scope) -> Scope:
    """A scope whose path begins with its root path, as ASGI requires and routers expect.

    When a proxy strips a prefix and the host app sets ``root_path`` itself (FastAPI's argument),
    a mounted app gets the full root path, but a path without the prefix. No route would match.
    """
    root_path: str = scope.get("root_path", "")
    path: str = scope["path"]
    if _below(path, root_path):
        return scope
    host_root: str = scope.get("app_root_path", "")
    mount = root_path.removeprefix(host_root)
    if mount == root_path or not _below(path, mount):
        return {**scope, "path": root_path.rstrip("/") + path}
    return {**scope, "path": host_root + path}


def _below(path: str, prefix: str) -> bool:
    prefix = prefix.rstrip("/")
    return not prefix or path == prefix or path.startswith(f"{prefix}/")


def check_reachable(routes: Sequence[BaseRoute], path: str) -> None:
    """Refuse a mount path at which an earlier route already answers.

    Raises:
        ConfigurationError: One of the routes takes requests or sockets below the path.
    """
    prefix = path.rstrip("/")
    probes: list[Scope] = [
        {"type": "http", "method": "GET", "path": f"{prefix}/api/v1/health/live"},
        {"type": "http", "method": "POST", "path": f"{prefix}/api/v1/conversations"},
        {"type": "http", "method": "GET", "path": f"{prefix}/widget.js"},
        {"type": "websocket", "path": f"{prefix}/ws"},
    ]
    for probe in probes:
        for route in routes:
            match, _ = route.matches({"root_path": "", "headers": [], **probe})
            if match is Match.FULL:
                raise ConfigurationError(
                    f"campfire-chat cannot be mounted at {prefix or '/'}: {route!r}, which was "
                    f"added before it, already answers at {probe['path']}. Mount it before that "
                    "route, or at another path. Each Campfire object needs its own path.",
                    field="path",
                )


class Wrapped:
    """A host app and a ``Campfire`` in one app; see :meth:`campfire_chat.Campfire.wrap`."""

    def __init__(self, campfire: Startable, host: ASGIApp, path: str) -> None:
        self._campfire = campfire
        self._host = host
        check_mount_path(path)
        if not callable(host):
            raise ConfigurationError(
                f"wrap() takes an ASGI app and then the path, not {type(host).__name__}",
                field="host",
            )
        self._prefix = "/" + path.strip("/") if path.strip("/") else ""
        if not self._prefix:
            raise ConfigurationError(
                "wrap() needs its own path, such as /support. Under / the host app would never "
                "get a request.",
                field="path",
            )
        if isinstance(host, Wrapped) and (
            other := next((place for place in host.prefixes if _below(place, self._prefix)), None)
        ):
            raise ConfigurationError(
                f"Another Campfire object is already served at {other}, and one at {self._prefix} "
                "would take all its requests. Each Campfire object needs its own path.",
                field="path",
            )

    @property
    def prefixes(self) -> list[str]:
        """The paths of all ``Campfire`` objects in this app and in the apps that it wraps."""
        inner = self._host.prefixes if isinstance(self._host, Wrapped) else []
        return [self._prefix, *inner]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        root_path: str = scope.get("root_path", "").rstrip("/")
        path: str = scope["path"]
        inside = path[len(root_path) :] if root_path and _below(path, root_path) else path
        if not _below(inside, self._prefix):
            await self._host(scope, receive, send)
            return
        mounted = {
            **scope,
            "path": root_path + inside,
            "root_path": root_path + self._prefix,
            "app_root_path": root_path,
        }
        await self._campfire(mounted, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The host app starts first and stops last. An app without a lifespan is skipped."""
        state = _Lifespan(self._campfire, receive, send)
        try:
            await self._host(scope, state.receive, state.send)
        except Exception as error:
            if state.answered:
                raise
            if state.received:
                await send({"type": "lifespan.startup.failed", "message": repr(error)})
                raise
            # According to the ASGI specification, an app that does not know lifespans raises,
            # before it asks for a message.
            logger.debug("the host app has no lifespan of its own", exc_info=True)
        if not state.answered:
            await state.alone()


class _Lifespan:
    """Passes lifespan messages on to the host app, and starts and stops ``Campfire`` in between."""

    def __init__(self, campfire: Startable, receive: Receive, send: Send) -> None:
        self._campfire = campfire
        self._receive = receive
        self._send = send
        self.received = False
        self._up = False
        self.answered = False

    async def receive(self) -> Message:
        message = await self._receive()
        self.received = True
        if message["type"] == "lifespan.shutdown":
            await self._down()
        return message

    async def send(self, message: Message) -> None:
        self.answered = True
        if message["type"] == "lifespan.startup.complete":
            try:
                await self._campfire.start()
            except Exception as error:
                await self._send({"type": "lifespan.startup.failed", "message": str(error)})
                raise
            self._up = True
        await self._send(message)

    async def alone(self) -> None:
        if not self.received:
            await self._receive()
        await self.send({"type": "lifespan.startup.complete"})
        await self.receive()
        await self._send({"type": "lifespan.shutdown.complete"})

    async def _down(self) -> None:
        if self._up:
            self._up = False
            await self._campfire.stop()
