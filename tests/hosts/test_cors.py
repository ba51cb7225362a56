"""Pages of another origin, in front of hosts that have a CORSMiddleware of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount

from campfire_chat import Campfire
from tests.conftest import QUICK
from tests.support.engines import copy_sqlite
from tests.support.host import campfire_for
from tests.support.servers import ThreadServer

SHOP, PARTNER, STRANGER = "https://shop.example", "https://partner.example", "https://evil.example"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
}


@pytest.fixture
def campfire(sqlite_template: Path, tmp_path: Path) -> Campfire:
    url = copy_sqlite(sqlite_template, tmp_path / "desk.db")
    return campfire_for(url, allowed_origins=(SHOP,), **QUICK)


async def teapot(request: Request, call_next: Callable[..., Any]) -> Response:
    """Middleware of a host that lets no request without its own header through."""
    if request.method == "OPTIONS":
        return PlainTextResponse("no", 418)
    return await call_next(request)


def add_middleware(app: Any) -> None:
    app.add_middleware(CORSMiddleware, allow_origins=[PARTNER], allow_methods=["GET"])
    app.add_middleware(BaseHTTPMiddleware, dispatch=teapot)


@pytest.mark.parametrize("path", ["/support", "/"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", [FastAPI, Starlette])
def test_the_desk_answers_its_own_preflights(
    campfire: Campfire, kind: Any, when: str, path: str
) -> None:
    app = kind()
    app.add_route("/host", lambda request: PlainTextResponse("host"), methods=["POST"])
    if when == "before":
        add_middleware(app)
    campfire.mount_to(app, path)
    if when == "after":
        add_middleware(app)
    prefix = path.rstrip("/")
    with ThreadServer(app) as server, httpx.Client(base_url=server.url, timeout=60) as page:
        url = f"{prefix}/api/v1/visitors"
        answer = page.options(url, headers={"Origin": SHOP, **PREFLIGHT})
        assert answer.status_code == 200, answer.text
        assert answer.headers["access-control-allow-origin"] == SHOP
        assert "POST" in answer.headers["access-control-allow-methods"]
        # The host's list is not the desk's, and the other way round.
        for origin in (PARTNER, STRANGER):
            answer = page.options(url, headers={"Origin": origin, **PREFLIGHT})
            assert answer.status_code == 400
            assert "access-control-allow-origin" not in answer.headers
        assert page.options("/host", headers={"Origin": SHOP, **PREFLIGHT}).status_code == 418
        created = page.post(url, headers={"Origin": SHOP}, json={})
        assert created.status_code == 201
        assert created.headers.get_list("access-control-allow-origin") == [SHOP]
        answer = page.get(f"{prefix}/widget.js", headers={"Origin": SHOP})
        assert answer.headers.get_list("access-control-allow-origin") == [SHOP]


def test_a_plain_options_request_goes_the_hosts_way(campfire: Campfire) -> None:
    app = FastAPI()
    add_middleware(app)
    campfire.mount_to(app, "/support")
    with ThreadServer(app) as server:
        assert httpx.options(f"{server.url}/support/api/v1/me").status_code == 418


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({"allow_origins": [PARTNER]}, ["allow_origins", "allow_methods", "allow_headers"]),
        ({"allow_origins": [SHOP], "allow_methods": ["*"]}, ["allow_headers"]),
        ({"allow_origins": ["*"], "allow_methods": ["*"], "allow_headers": ["*"]}, []),
        ({"allow_origin_regex": ".*", "allow_methods": ["*"], "allow_headers": ["*"]}, []),
    ],
)
@pytest.mark.anyio
async def test_a_host_that_mounts_by_itself_is_told_what_to_add(
    campfire: Campfire,
    options: dict[str, Any],
    missing: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Starlette(
        routes=[Mount("/support", campfire)],
        middleware=[Middleware(CORSMiddleware, **options)],
        lifespan=campfire.lifespan,
    )
    async with app.router.lifespan_context(app):
        told = [
            name
            for name in ("allow_origins", "allow_methods", "allow_headers")
            if name in caplog.text
        ]
    assert told == missing
    if "allow_origins" in missing:
        assert f"allow_origins=[…, '{SHOP}']" in caplog.text
