"""The secret key of the documentation is known to everybody, so it works only locally."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from campfire_chat.http.errors import ExampleKeyError
from campfire_chat.http.problems import problem_response

logger = logging.getLogger("campfire_chat")

#: Every key that README, documentation and examples show for an app; one of a test is not for one.
EXAMPLE_KEYS = frozenset({"put 32 random characters here, and keep them out of git"})
#: The names under which tests call an app in their own process, and what stands for the address
#: of their client.
_TEST_HOSTS = ("testserver", "test")
_TEST_CLIENT = "testclient"


def is_example(keys: Sequence[str]) -> bool:
    """Whether one of these keys is from the documentation, even if it is an old key."""
    return not EXAMPLE_KEYS.isdisjoint(keys)


def is_local(connection: HTTPConnection) -> bool:
    """Whether a request was made to this machine, from this machine.

    A client elsewhere can send a false host name, but its peer address is not local. Behind a
    proxy on this machine the peer address is local, and the proxy may replace the host name with
    that of this process, as nginx does by default. So a request that came through a proxy counts as
    local only if the proxy says that it came from here. Over a unix socket only proxies connect.
    """
    headers = connection.headers
    peer = connection.client.host if connection.client is not None else ""
    # No browser asks with HTTP/1.0. nginx asks so by default, with no further sign of a proxy.
    if connection.scope.get("http_version") == "1.0" or "forwarded" in headers:
        return False
    # A client may send one, to which the proxy adds its own.
    clients = ",".join([*headers.getlist("x-forwarded-for"), *headers.getlist("x-real-ip")])
    return (
        _is_loopback_name(headers.get("host", ""))
        and (peer == _TEST_CLIENT or _is_loopback(peer))
        and all(_is_loopback(client) for part in clients.split(",") if (client := part.strip()))
        and all(_is_loopback_name(host) for host in headers.getlist("x-forwarded-host"))
    )


def _is_loopback_name(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in ("localhost", *_TEST_HOSTS) or name.endswith(".localhost") or _is_loopback(name)


def _is_loopback(text: str) -> bool:
    """Whether a text is an address of this machine, as only this machine can use it."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


class LocalOnly:
    """Serves an app to this machine only. Other callers get an error."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._said = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_local(HTTPConnection(scope)):
            await self._app(scope, receive, send)
            return
        error = ExampleKeyError()
        if not self._said:
            self._said = True
            logger.error("%s", error.message)
        if scope["type"] == "websocket":
            websocket = WebSocket(scope, receive, send)
            await websocket.accept()
            await websocket.close(error.close_code or 1011, error.code)
        else:
            await problem_response(error)(scope, receive, send)
