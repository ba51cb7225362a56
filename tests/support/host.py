"""The host app of the tests: its session is a cookie that says outright who somebody is."""

from __future__ import annotations

import asyncio
import base64
import binascii
import functools
import gc
import json
import os
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from campfire_chat import Agent, Campfire, Limits, Rate, Visitor
from campfire_chat.access.actor import Actor, actor_of_agent
from campfire_chat.access.roles import Roles
from campfire_chat.core import clock
from campfire_chat.realtime import drain
from campfire_chat.realtime.buses import kinds
from tests.support.chaos import AIR
from tests.support.heap import heap

SECRET = "a key that only the tests know, 0123456789"
COOKIE = "host_session"

#: Read by :func:`from_environment`, which a uvicorn subprocess calls.
DATABASE_URL = "CAMPFIRE_TEST_DATABASE_URL"
OPTIONS = "CAMPFIRE_TEST_OPTIONS"
PATH = "CAMPFIRE_TEST_PATH"
#: A file with the microseconds by which the desk's wall clock is wrong; read at every look.
CLOCK = "CAMPFIRE_TEST_CLOCK"
#: How many clients a second a drain sends away, for tests that need time before the last one goes.
RECONNECTS = "CAMPFIRE_TEST_RECONNECTS"


#: Tests do in a second what people do in an hour, all of it from one address.
ROOMY = Limits(
    **{
        name: Rate(100_000, 1_000_000)
        for name, default in structs.asdict(Limits()).items()
        if isinstance(default, Rate) and not name.startswith("input_bytes")
    },
    input_bytes=None,
    input_bytes_per_address=None,
    sockets_per_address=None,
    sockets_per_visitor=None,
    polls_per_address=None,
)


#: The roles of the tests' host app: ``tier1`` answers, and does little else;
#: ``clerk`` looks after contacts, of the conversations that are assigned to them.
ROLES = {
    "tier1": ["agents.read", "conversations.read", "conversations.reply", "inbox.read"],
    "tier2": ["conversations.read", "conversations.reply", "notes.read"],
    "keeper": ["conversations.read", "conversations.restrict"],
    "clerk": ["contacts.read", "conversations.read", "conversations.reply"],
    "nothing": [],
}


def agent_actor(agent: Agent) -> Actor:
    """The actor of an agent, for tests that ask the storage itself: known there by the very id that
    the test gave, which only the host's session turns into the desk's own."""
    actor = actor_of_agent(agent, b"not the installation's", Roles())
    return structs.replace(actor, principal=structs.replace(actor.principal, id=agent.id))


def session_of(user: Agent | Visitor) -> str:
    """The value of the host's session cookie for a user."""
    fields = {**msgspec.to_builtins(user), "kind": type(user).__name__}
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode()


def cookies_of(user: Agent | Visitor | None) -> dict[str, str]:
    return {} if user is None else {COOKIE: session_of(user)}


async def authenticate(connection: HTTPConnection) -> Agent | Visitor | None:
    cookie = connection.cookies.get(COOKIE)
    if not cookie:
        return None
    try:
        fields: dict[str, Any] = json.loads(base64.urlsafe_b64decode(cookie))
    except (binascii.Error, ValueError):
        return None
    kind = Agent if fields.pop("kind", None) == "Agent" else Visitor
    return msgspec.convert(fields, kind)


def access_labels(agent: Agent) -> set[str] | None:
    """The labels of an agent whose e-mail address lists them, such as ``labels:vip,emea``."""
    kind, colon, listed = (agent.email or "").partition(":")
    if kind != "labels" or not colon:
        return None
    return {label for label in listed.split(",") if label}


def campfire_for(database_url: str, **options: Any) -> Campfire:
    options.setdefault("secret_key", SECRET)
    options.setdefault("authenticate", authenticate)
    options.setdefault("access_labels", access_labels)
    options.setdefault("limits", ROOMY)
    options.setdefault("roles", ROLES)
    if isinstance(limits := options["limits"], dict):
        options["limits"] = msgspec.convert(limits, Limits)
    if isinstance(origins := options.get("allowed_origins"), list):
        options["allowed_origins"] = tuple(origins)
    return Campfire(database_url, **options)


async def home(request: Request) -> HTMLResponse:
    """A page of the host with the widget on it."""
    path = request.app.state.campfire_path
    prefix = request.scope.get("root_path", "") + ("" if path == "/" else path)
    return HTMLResponse(
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<title>A shop</title></head><body><main><h1>A shop</h1><p>Tea and kettles.</p></main>"
        f"<script src='{prefix}/widget.js' async></script></body></html>"
    )


async def sign_in(request: Request) -> Response:
    """Become the user of the query string, as a login form of a host would."""
    response = JSONResponse({"ok": True})
    response.set_cookie(COOKIE, request.query_params["session"], httponly=True, samesite="lax")
    return response


async def tasks(request: Request) -> JSONResponse:
    """How many tasks this process has, without the one that answers; for tests that look for
    what was left behind."""
    gc.collect()
    return JSONResponse({"tasks": len(asyncio.all_tasks()) - 1})


async def in_use(request: Request) -> JSONResponse:
    """What this process has in use of its memory."""
    return JSONResponse(structs.asdict(heap()))


def host_app(campfire: Campfire, path: str = "/support") -> Starlette:
    """A Starlette host with the desk mounted at ``path``."""
    app = Starlette(
        routes=[
            Route("/home", home),
            Route("/sign-in", sign_in),
            Route("/tasks", tasks),
            Route("/heap", in_use),
        ]
    )
    app.state.campfire_path = path
    campfire.mount_to(app, path)
    return app


def from_environment() -> Starlette:
    options: dict[str, Any] = json.loads(os.environ.get(OPTIONS, "{}"))
    kinds.KINDS["air"] = AIR
    if rate := os.environ.get(RECONNECTS):
        drain.RECONNECTS = float(rate)
    if path := os.environ.get(CLOCK):
        options["clock"] = functools.partial(_wrong_by, Path(path))
    campfire = campfire_for(os.environ[DATABASE_URL], **options)
    return host_app(campfire, os.environ.get(PATH, "/support"))


def _wrong_by(path: Path) -> int:
    return clock.now() + int(path.read_text() or 0)
