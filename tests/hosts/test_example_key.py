"""The key that README and documentation show works on one's own machine alone."""

from __future__ import annotations

import re

import httpx
import pytest
from starlette.requests import HTTPConnection
from websockets.asyncio.client import connect

from campfire_chat.http.errors import ExampleKeyError
from campfire_chat.http.example_key import EXAMPLE_KEYS, is_local
from tests.support.host import campfire_for, host_app
from tests.support.servers import ROOT, ThreadServer


def connection(host: str, peer: str) -> HTTPConnection:
    headers = [(b"host", host.encode())] if host else []
    return HTTPConnection({"type": "http", "headers": headers, "client": (peer, 1)})


@pytest.mark.parametrize(
    ("host", "peer", "local"),
    [
        ("127.0.0.1:8000", "127.0.0.1", True),
        ("localhost", "::1", True),
        ("shop.localhost:8000", "127.0.0.1", True),
        ("[::1]:8000", "::ffff:127.0.0.1", True),
        ("127.9.9.9", "127.0.0.1", True),
        ("testserver", "testclient", True),
        ("shop.example", "127.0.0.1", False),
        ("localhost", "203.0.113.5", False),
        ("localhost", "::ffff:203.0.113.5", False),
        ("localhost.shop.example", "127.0.0.1", False),
        ("127.0.0.1.nip.io", "127.0.0.1", False),
        ("10.0.0.5:8000", "10.0.0.7", False),
        ("", "127.0.0.1", False),
        ("[::1", "127.0.0.1", False),
    ],
)
def test_what_is_local(host: str, peer: str, local: bool) -> None:
    assert is_local(connection(host, peer)) is local


@pytest.mark.parametrize(
    ("header", "value", "local"),
    [
        ("x-forwarded-for", "127.0.0.1", True),
        ("x-forwarded-for", "::1, 127.0.0.1", True),
        ("x-forwarded-for", "203.0.113.5", False),
        ("x-forwarded-for", "127.0.0.1, 203.0.113.5", False),
        ("x-forwarded-for", "somebody", False),
        ("x-real-ip", "203.0.113.5", False),
        ("x-forwarded-host", "localhost:8000", True),
        ("x-forwarded-host", "shop.example", False),
        ("forwarded", "for=203.0.113.5", False),
    ],
)
def test_a_proxy_on_this_machine_makes_nobody_local(header: str, value: str, local: bool) -> None:
    """The host name may be the one by which the proxy reaches this process."""
    headers = [(b"host", b"127.0.0.1:8000"), (header.encode(), value.encode())]
    scope = {"type": "http", "headers": headers, "client": ("127.0.0.1", 1)}
    assert is_local(HTTPConnection(scope)) is local


def test_a_client_does_not_become_local_by_a_header_of_its_own() -> None:
    given = [(b"x-forwarded-for", b"127.0.0.1"), (b"x-forwarded-for", b"203.0.113.5")]
    for headers in (given, given[::-1]):
        headers = [(b"host", b"localhost"), *headers]
        scope = {"type": "http", "headers": headers, "client": ("127.0.0.1", 1)}
        assert not is_local(HTTPConnection(scope))


def test_what_comes_over_a_unix_socket_or_by_http_1_0_comes_from_a_proxy() -> None:
    scope = {"type": "http", "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1)}
    assert is_local(HTTPConnection({**scope, "http_version": "1.1"}))
    assert not is_local(HTTPConnection({**scope, "http_version": "1.0"}))
    assert not is_local(HTTPConnection({**scope, "client": None}))
    assert not is_local(HTTPConnection({**scope, "client": ("", 0)}))
    assert not is_local(HTTPConnection({**scope, "client": ("localhost", 1)}))


def test_every_key_that_is_shown_is_known() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.py")]
    shown = {
        key
        for path in pages
        if not path.name.startswith("test_")
        for key in re.findall(
            r"(?:SECRET|secret_key|SUPPORT_KEY)\s*=\s*\[?\"([^\"]{16,})\"", path.read_text("utf-8")
        )
    }
    assert shown
    assert shown <= EXAMPLE_KEYS


@pytest.mark.anyio
@pytest.mark.parametrize("key", sorted(EXAMPLE_KEYS))
@pytest.mark.parametrize("place", ["first", "old"])
async def test_others_are_refused(sqlite_database_url: str, key: str, place: str) -> None:
    own = "a key of one's own, which nobody knows"
    keys = [key, own] if place == "first" else [own, key]
    campfire = campfire_for(sqlite_database_url, secret_key=keys, drain_on_signal=False)
    with ThreadServer(host_app(campfire)) as server:
        for path in ("console/", "widget.js", "api/v1/me", "api/v1/health/ready"):
            url = f"{server.url}/support/{path}"
            answer = httpx.get(url, headers={"Host": "shop.example"}, timeout=60)
            assert answer.status_code == 500
            assert answer.json()["code"] == ExampleKeyError.code
            assert httpx.get(url, timeout=60).status_code in (200, 401)
        async with connect(
            "ws://shop.example/support/ws", host="127.0.0.1", port=server.port, proxy=None
        ) as socket:
            await socket.wait_closed()
            assert socket.close_reason == ExampleKeyError.code
        assert (
            httpx.get(
                f"{server.url}/home", headers={"Host": "shop.example"}, timeout=60
            ).status_code
            == 200
        )


def test_a_key_of_ones_own_works_everywhere(sqlite_database_url: str) -> None:
    campfire = campfire_for(sqlite_database_url, drain_on_signal=False)
    with ThreadServer(host_app(campfire)) as server:
        url = f"{server.url}/support/widget.js"
        assert httpx.get(url, headers={"Host": "shop.example"}, timeout=60).status_code == 200
