"""The desk works in every host, under every path, behind every kind of proxy."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount

from campfire_chat import Campfire, ConfigurationError
from tests.conftest import QUICK
from tests.hosts.apps import HOSTS, fastapi_root_path, starlette_host
from tests.support.client import Client
from tests.support.engines import copy_sqlite
from tests.support.host import campfire_for
from tests.support.people import Desk, Person
from tests.support.proxy import Proxy
from tests.support.servers import ThreadServer

pytestmark = pytest.mark.anyio


@pytest.fixture
def campfire(sqlite_template: Path, tmp_path: Path) -> Campfire:
    return campfire_for(copy_sqlite(sqlite_template, tmp_path / "campfire.db"), **QUICK)


async def works(base: str, organization: str | None = None) -> None:
    """HTTP and WebSocket, visitor and agent, end to end."""
    desk = Desk(base, organization)
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin("Anybody?")
    stream = f"conversation:{conversation['id']}"
    async with Client(base, visitor) as hers, Client(base, agent) as his:
        await hers.subscribe(stream)
        await his.subscribe(stream)
        sent = await his.say(conversation["id"], "Yes!")
        view = await hers.until_seq(stream, sent["seq"])
        said = [event for event in view.applied if event["event"] == "message.created"]
        assert [event["data"]["body"] for event in said] == ["Anybody?", "Yes!"]
    assert httpx.get(f"{base}/openapi.json", timeout=60).json()["openapi"].startswith("3.1")
    ready = httpx.get(f"{base}/api/v1/health/ready", timeout=60).json()
    assert ready == {"status": "ok", "bus": "ok", "warnings": []}
    # The front end may be missing from a checkout; then the answer still has to be ours.
    assert httpx.get(f"{base}/widget.js", timeout=60).status_code in (200, 404)


@pytest.mark.parametrize("name", HOSTS)
async def test_every_host(campfire: Campfire, name: str) -> None:
    with ThreadServer(HOSTS[name](campfire, "/support")) as server:
        await works(f"{server.url}/support")
        answer = httpx.get(f"{server.url}/hello", timeout=60)
        assert answer.status_code == 200
        if name == "fastapi-root-path":
            await works(f"{server.url}/shop/support")


@pytest.mark.parametrize("path", ["/", "", "/support/", "/a/b/c", "/übung", "/a b"])
async def test_every_path(campfire: Campfire, path: str) -> None:
    with ThreadServer(starlette_host(campfire, path)) as server:
        assert httpx.get(f"{server.url}/hello", timeout=60).json() == {"host": "starlette"}
        await works(f"{server.url}{quote(path.rstrip('/'))}")


async def test_served_alone(campfire: Campfire) -> None:
    with ThreadServer(campfire, mount="") as server:
        await works(server.url)


@pytest.mark.parametrize("strip", [True, False], ids=["stripping", "not-stripping"])
@pytest.mark.parametrize("told", [True, False], ids=["root-path", "no-root-path"])
@pytest.mark.parametrize("host", ["starlette", "fastapi", "litestar"])
async def test_behind_a_proxy(campfire: Campfire, host: str, strip: bool, told: bool) -> None:
    prefix = "/shop"
    if strip:
        app = HOSTS[host](campfire, "/support")
    else:
        # Nobody strips: the app itself lives below the prefix, unless it is told of it.
        app = HOSTS[host](campfire, "/support" if told else f"{prefix}/support")
    options: dict[str, Any] = {"root_path": prefix} if told else {}
    if told and not strip:
        # uvicorn's root_path is put in front of the path; the proxy's prefix must not be doubled.
        app, options = _with_root_path(app, prefix), {}
    with (
        ThreadServer(app, **options) as server,
        Proxy(server.port, prefix=prefix, strip=strip) as proxy,
    ):
        await works(f"{proxy.url}{prefix}/support")


def _with_root_path(app: Any, root_path: str) -> Any:
    """What a server does that is told of a prefix which is still part of the path."""

    async def told(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            scope = {**scope, "root_path": root_path}
        await app(scope, receive, send)

    return told


@pytest.mark.parametrize("strip", [True, False], ids=["stripping", "not-stripping"])
async def test_fastapi_with_a_root_path_of_its_own(campfire: Campfire, strip: bool) -> None:
    app = fastapi_root_path(campfire, "/support")
    with (
        ThreadServer(app) as server,
        Proxy(server.port, prefix="/shop", strip=strip) as proxy,
    ):
        await works(f"{proxy.url}/shop/support")


async def test_the_api_names_itself_as_the_browser_sees_it(campfire: Campfire) -> None:
    app = fastapi_root_path(campfire, "/support")
    with (
        ThreadServer(app) as server,
        Proxy(server.port, prefix="/shop", strip=True) as proxy,
    ):
        document = httpx.get(f"{proxy.url}/shop/support/openapi.json", timeout=60).json()
        assert document["servers"] == [{"url": "/shop/support/api/v1"}]


async def test_two_in_one_process(sqlite_template: Path, tmp_path: Path) -> None:
    sales = campfire_for(copy_sqlite(sqlite_template, tmp_path / "sales.db"), **QUICK)
    support = campfire_for(copy_sqlite(sqlite_template, tmp_path / "support.db"), **QUICK)
    app = starlette_host(sales, "/sales")
    support.mount_to(app, "/support")
    with ThreadServer(app) as server:
        for path in ("/sales", "/support"):
            await works(f"{server.url}{path}", "same-name")
        agent = Desk(f"{server.url}/sales", "same-name").agent()
        assert len(agent.get("/conversations")["items"]) == 1


async def test_the_hosts_session_survives(campfire: Campfire) -> None:
    with ThreadServer(HOSTS["starlette-middleware"](campfire, "/support")) as server:
        desk = Desk(f"{server.url}/support")
        response = desk.visitor().http.get("/me")
        assert response.headers["x-host"] == "yes"
        assert "set-cookie" not in response.headers


async def test_start_and_stop_twice(campfire: Campfire) -> None:
    for _ in range(2):
        with ThreadServer(starlette_host(campfire, "/support")) as server:
            await works(f"{server.url}/support")


@pytest.mark.parametrize("path", ["", "/"])
def test_wrap_needs_a_path_of_its_own(campfire: Campfire, path: str) -> None:
    with pytest.raises(ConfigurationError):
        campfire.wrap(lambda *_: None, path)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("/support", "/support"),
        ("/support", "/support/"),
        ("/support", "/support/club"),
        ("/", "/support"),
        ("/", "/"),
    ],
)
@pytest.mark.parametrize("kind", [Starlette, FastAPI])
def test_two_desks_on_one_path_are_refused(
    sqlite_template: Path, tmp_path: Path, kind: Any, first: str, second: str
) -> None:
    one, two = (campfire_for(f"sqlite:///{tmp_path / name}") for name in ("one.db", "two.db"))
    app = kind()
    one.mount_to(app, first)
    with pytest.raises(ConfigurationError, match=r"its own path") as caught:
        two.mount_to(app, second)
    assert caught.value.field == "path"
    assert len([route for route in app.routes if getattr(route, "app", None) is two]) == 0
    two.mount_to(kind(), second)


def test_a_route_that_takes_the_desks_requests_is_refused(campfire: Campfire) -> None:
    app = FastAPI()

    @app.get("/{path:path}")
    def everything(path: str) -> str:
        return path

    with pytest.raises(ConfigurationError, match=r"everything.*added before it"):
        campfire.mount_to(app, "/support")


def test_a_route_beside_the_desk_is_none_of_its_business(campfire: Campfire) -> None:
    app = FastAPI()
    for path in ("/supports/{more:path}", "/support", "/{name}", "/support/", "/api/v1/health"):
        app.add_api_route(path, lambda: "host")
    campfire.mount_to(app, "/support")


async def test_two_desks_on_one_path_of_a_host_that_mounts_by_itself(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """Nobody is told of the routes before the start."""
    one, two = (
        campfire_for(copy_sqlite(sqlite_template, tmp_path / name)) for name in ("one.db", "two.db")
    )

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with one.lifespan(app), two.lifespan(app):
            yield

    app = Starlette(routes=[Mount("/support", one), Mount("/support", two)], lifespan=lifespan)
    with pytest.raises(ConfigurationError, match=r"its own path"):
        async with app.router.lifespan_context(app):
            pytest.fail("it started")
    apart = Starlette(routes=[Mount("/one", one), Mount("/two", two)], lifespan=lifespan)
    async with apart.router.lifespan_context(apart):
        pass


@pytest.mark.parametrize("outer", ["/support", "/a"])
def test_two_wrapped_on_one_path_are_refused(tmp_path: Path, outer: str) -> None:
    names = ("one.db", "two.db", "three.db")
    one, two, three = (campfire_for(f"sqlite:///{tmp_path / name}") for name in names)
    inner = two.wrap(one.wrap(starlette_host, "/support"), "/a/b")
    with pytest.raises(ConfigurationError, match=r"its own path"):
        three.wrap(inner, outer)
    three.wrap(inner, "/support/club")


async def test_a_host_that_fails_to_start_fails_as_ever(campfire: Campfire) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no coffee"})

    server = ThreadServer(campfire.wrap(broken, "/support"))
    with pytest.raises(RuntimeError):
        server.__enter__()


def test_people_are_who_the_cookie_says(campfire: Campfire) -> None:
    with ThreadServer(starlette_host(campfire, "/support")) as server:
        agent = Desk(f"{server.url}/support").agent("ada", name="Ada")
        assert agent.me["name"] == "Ada"
        assert Person(agent.base).get("/me", 401)
