"""The Starlette application under the mount path: API, socket, widget, console."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from pathlib import Path
from urllib.parse import quote

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from campfire_chat.access.places import Places
from campfire_chat.core.errors import CampfireError, InternalError, NotFoundError
from campfire_chat.http import events, guards, health, tickets
from campfire_chat.http.console import console
from campfire_chat.http.cross_origin import CrossOrigin
from campfire_chat.http.endpoints import Context, Endpoint
from campfire_chat.http.errors import MethodNotAllowedError
from campfire_chat.http.launcher import launcher
from campfire_chat.http.notices import error_response, refusal
from campfire_chat.http.openapi import document
from campfire_chat.http.problems import problem_response

#: The path of the API below the mount path.
PREFIX = "/api/v1"
#: The endpoints that belong to no feature.
ENDPOINTS: tuple[Endpoint, ...] = (*tickets.ENDPOINTS, *events.ENDPOINTS, *health.ENDPOINTS)
#: Number of mount paths for which the description of the API is kept.
MOST_DESCRIPTIONS = 16
#: The front end's build output.
STATIC = Path(__file__).parent.parent / "static"


def build(context: Context) -> ASGIApp:
    """Build the application of a started ``Campfire``."""
    places = context.authentication.places
    by_path: dict[str, list[Endpoint]] = {}
    for endpoint in context.endpoints:
        by_path.setdefault(endpoint.path, []).append(endpoint)
    routes = [
        *(Route(f"{PREFIX}{path}", _Resource(rows, context)) for path, rows in by_path.items()),
        Route("/openapi.json", _Description(context.endpoints)),
        Route("/widget.js", launcher(places, context.branding_of, STATIC / "widget.js")),
        Route("/", _from_root),
        Route("/console", _from_console),
        Route("/console/", console(context, STATIC / "console" / "index.html")),
        Mount("/static", _Assets(directory=STATIC, check_dir=False)),
    ]
    application = Starlette(
        routes=routes,
        middleware=[Middleware(_Headers, places=places), Middleware(CrossOrigin, places=places)],
        exception_handlers={
            CampfireError: _campfire_error,
            HTTPException: _http_error,
            Exception: _unexpected,
        },
    )
    # A redirect would contain the scheme and prefix of this process, not those of the proxy.
    application.router.redirect_slashes = False
    return _Door(context, application)


class _Resource:
    """The endpoints of one path, as an ASGI app, so that it receives every method."""

    def __init__(self, rows: list[Endpoint], context: Context) -> None:
        self._rows = {row.method: row for row in rows}
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        row = self._rows.get("GET" if request.method == "HEAD" else request.method)
        if row is None:
            allowed = {"allow": ", ".join(sorted(self._rows))}
            response = problem_response(MethodNotAllowedError(), allowed)
        else:
            response = await guards.serve(row, self._context, request)
        await response(scope, receive, send)


class _Door:
    """Passes sockets directly to the gateway, and everything else to the Starlette application.

    Each layer that a socket passes wraps its ``send``. At thousands of frames a second that costs
    time, and none of these layers does anything for a socket.
    """

    def __init__(self, context: Context, application: ASGIApp) -> None:
        self._gateway = context.gateway
        self._application = application

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # Not a coroutine, which would use memory for as long as the socket is open.
        if scope["type"] != "websocket":
            return self._application(scope, receive, send)
        if scope["path"] == f"{scope.get('root_path', '').rstrip('/')}/ws":
            return self._gateway.serve(scope, receive, send)
        return self._turn_away(WebSocket(scope, receive, send))

    @staticmethod
    async def _turn_away(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close(NotFoundError.close_code or 1000, NotFoundError.code)


class _Description:
    """The OpenAPI document, which names the API by the path under which it was requested."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = endpoints
        self._encoded: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        server = f"{quote(scope.get('root_path', ''))}{PREFIX}"
        encoded = self._encoded.get(server)
        if encoded is None:
            if len(self._encoded) >= MOST_DESCRIPTIONS:
                self._encoded.clear()
            encoded = msgspec.json.encode(document(self._endpoints, server))
            self._encoded[server] = encoded
        await Response(encoded, media_type="application/json")(scope, receive, send)


async def _from_console(request: Request) -> Response:
    return RedirectResponse("console/", status_code=308)


async def _from_root(request: Request) -> Response:
    """The mount path has no page of its own; agents want the console."""
    return RedirectResponse("console/", status_code=307)


class _Assets(StaticFiles):
    """Files whose names contain a hash of their content, so they never change."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


class _Headers:
    """The headers of every answer. Pages of other origins may load the widget if its organisation
    allows any.

    Args:
        places: Says which organisation a request names.
    """

    def __init__(self, app: ASGIApp, *, places: Places) -> None:
        self._app = app
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        try:
            shared = _is_widget(scope) and bool(await self._places.origins(HTTPConnection(scope)))
        except CampfireError as error:
            await refusal(scope, error)(scope, receive, send)
            return
        policy = b"cross-origin" if shared else b"same-origin"

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-content-type-options", b"nosniff"),
                    # Keeps answers out of the pages and processes of other sites.
                    (b"cross-origin-resource-policy", policy),
                ]
            await send(message)

        await self._app(scope, receive, with_headers)


def _is_widget(scope: Scope) -> bool:
    """Whether a request is for a file of the widget, which pages of allowed origins load."""
    path = scope["path"].removeprefix(scope.get("root_path", "").rstrip("/"))
    return path == "/widget.js" or (
        path.startswith("/static/") and not path.startswith("/static/console/")
    )


async def _campfire_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, CampfireError):
        raise error
    return refusal(request.scope, error)


async def _http_error(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == 405:
        return error_response(request.scope, MethodNotAllowedError(), dict(error.headers or {}))
    path: str = request.scope["path"]
    if path == request.scope.get("root_path") and request.method in ("GET", "HEAD"):
        # The mount path without its slash. Relative, as every address: a prefix may be in front.
        return RedirectResponse(f"{path.rpartition('/')[2]}/console/", status_code=307)
    return error_response(request.scope, NotFoundError())


async def _unexpected(request: Request, error: Exception) -> Response:
    """An answer for the client; Starlette raises the exception itself on to the host."""
    return error_response(request.scope, InternalError())
