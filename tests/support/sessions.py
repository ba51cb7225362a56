"""A host whose session is Starlette's own, as in the README: a signed cookie that says it all.

Nothing on the server knows who is signed in, so a request tells of the session as it was when the
browser made that request, and of nothing since.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from campfire_chat import Agent, Campfire, Visitor
from campfire_chat.access.admission import PROCESS
from tests.support.people import Person
from tests.support.servers import ThreadServer

T = TypeVar("T")

SECRET = "what the host signs its sessions with, 0123456789"


def authenticate(connection: HTTPConnection) -> Agent | Visitor | None:
    """Agents sign in as ``agent:…``, customers as ``customer:…``."""
    kind, _, name = connection.session.get("user", "").partition(":")
    if kind == "agent":
        role = connection.session.get("role", "agent")
        return Agent(id=name, name=name.title(), role=role)
    return Visitor(id=name, name=name.title()) if kind == "customer" else None


async def home(request: Request) -> HTMLResponse:
    """A page with the widget, which says who is signed in."""
    user = request.session.get("user", "nobody")
    return HTMLResponse(
        f"<!doctype html><html lang='en'><title>A shop</title><body><h1>Hello, {user}</h1>"
        "<script src='/support/widget.js' async></script></body></html>"
    )


async def log_in(request: Request) -> Response:
    request.session.update(request.query_params)
    return JSONResponse(dict(request.session))


async def log_out(request: Request) -> Response:
    request.session.clear()
    return JSONResponse({})


def session_host(campfire: Campfire) -> Starlette:
    """The host, with the desk under ``/support``."""
    app = Starlette(
        routes=[
            Route("/home", home),
            Route("/login", log_in, methods=["GET", "POST"]),
            Route("/logout", log_out, methods=["GET", "POST"]),
        ],
        middleware=[Middleware(SessionMiddleware, secret_key=SECRET)],
    )
    campfire.mount_to(app, "/support")
    return app


class DeskServer(ThreadServer):
    """The host on a server, with its desk at hand."""

    def __init__(self, campfire: Campfire) -> None:
        super().__init__(session_host(campfire))
        self.campfire = campfire

    @property
    def polls(self) -> int:
        """Long polls that wait."""
        assert self.campfire._running is not None
        return self.campfire._running.gateway.context.admission._polls[PROCESS]

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run the host's own code, on the server's loop."""
        running = self.campfire._running
        assert running is not None
        assert running.revocation_sync._task is not None
        loop = running.revocation_sync._task.get_loop()
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(timeout=120)


class Browser(Person):
    """A browser with a cookie jar, whose pages share it as tabs do."""

    def __init__(self, server: ThreadServer) -> None:
        super().__init__(f"{server.url}/support")
        self._server = server
        parts = urlsplit(server.url)
        self.http.headers["Origin"] = f"{parts.scheme}://{parts.netloc}"

    def log_in(self, user: str, **more: str) -> Browser:
        """Become somebody, such as ``agent:ada``; a visitor gets a token as the widget does."""
        response = self.http.get(f"{self._server.url}/login", params={"user": user, **more})
        assert response.status_code == 200
        self._me = None
        if user.startswith("customer:"):
            self.show(self.post("/visitors", {})["token"])
        return self

    def log_out(self) -> None:
        assert self.http.get(f"{self._server.url}/logout").status_code == 200

    def show(self, token: str | None) -> None:
        """Show this token from now on."""
        self.token = token
        self.http.headers.pop("Authorization", None)
        if token is not None:
            self.http.headers["Authorization"] = f"Bearer {token}"

    @property
    def websocket_headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        return {"Cookie": cookies} if cookies else {}


def stranger(base: str) -> dict[str, Any]:
    """A visitor whom nobody vouches for, as ``POST /visitors`` answers."""
    return Person(base).post("/visitors", {})
