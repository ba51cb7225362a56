"""The console's address, and the ones that people type: whom they show what, and why."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse

from campfire_chat import Agent, Rate, Visitor
from campfire_chat.http.application import STATIC
from tests.conftest import QUICK
from tests.protocol.test_limits import roomy
from tests.support.engines import copy_sqlite
from tests.support.host import authenticate, campfire_for, cookies_of, host_app
from tests.support.proxy import Proxy
from tests.support.servers import ThreadServer

ADA, MIA = Agent(id="ada", name="Ada"), Visitor(id="mia", name="Mia")
#: What a browser sends along when somebody opens an address.
PAGE = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}

pytestmark = pytest.mark.skipif(
    not (STATIC / "console" / "index.html").is_file(), reason="the front end was not built"
)


class Trouble:
    """An ``authenticate`` that raises what the test wants."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    async def __call__(self, connection: HTTPConnection) -> Agent | Visitor | None:
        if self.error is not None:
            raise self.error
        return await authenticate(connection)


@pytest.fixture
def trouble() -> Trouble:
    return Trouble()


@pytest.fixture
def server(sqlite_template: Path, tmp_path: Path, trouble: Trouble) -> Iterator[ThreadServer]:
    url = copy_sqlite(sqlite_template, tmp_path / "desk.db")
    campfire = campfire_for(url, login_url="/login", authenticate=trouble, **QUICK)
    with ThreadServer(host_app(campfire)) as running:
        yield running


def browser(server: Any, user: Agent | Visitor | None = None) -> httpx.Client:
    """It keeps cookies and follows nothing by itself."""
    return httpx.Client(base_url=server.url, headers=PAGE, cookies=cookies_of(user), timeout=60)


def test_an_agent_gets_the_console(server: ThreadServer) -> None:
    with browser(server, ADA) as page:
        answer = page.get("/support/console/")
        assert answer.status_code == 200
        assert 'id="console"' in answer.text
        assert "set-cookie" not in answer.headers


def test_a_stranger_is_sent_to_the_login_once(server: ThreadServer) -> None:
    """Who comes back as a stranger is told so: the host may know them, but not as an agent."""
    with browser(server) as page:
        answer = page.get("/support/console/")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "path" not in cookie
        again = page.get("/support/console/")
        assert again.status_code == 200
        assert 'content="/login" data-returned' in again.text
        # As soon as they are an agent nothing is left of it.
        page.cookies.update(cookies_of(ADA))
        assert page.get("/support/console/").status_code == 200
        page.cookies = httpx.Cookies()
        assert page.get("/support/console/").status_code == 303


def test_a_customer_is_told_and_not_sent_round(server: ThreadServer) -> None:
    with browser(server, MIA) as page:
        answer = page.get("/support/console/")
        assert answer.status_code == 200
        assert 'id="console"' in answer.text
        assert "data-returned" not in answer.text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_mount_path_leads_to_the_console(server: ThreadServer, method: str) -> None:
    for path in ("/support", "/support/"):
        with httpx.Client(
            base_url=server.url, follow_redirects=True, cookies=cookies_of(ADA), timeout=60
        ) as c:
            answer = c.request(method, path)
            assert (answer.status_code, answer.url.path) == (200, "/support/console/")


@pytest.mark.parametrize("path", ["/support", "/support/"])
def test_the_mount_path_of_a_wrapped_host(sqlite_template: Path, tmp_path: Path, path: str) -> None:
    campfire = campfire_for(copy_sqlite(sqlite_template, tmp_path / "desk.db"), **QUICK)
    app = campfire.wrap(Starlette(), "/support")
    with (
        ThreadServer(app) as server,
        Proxy(server.port, prefix="/shop", strip=True) as proxy,
        httpx.Client(follow_redirects=True, cookies=cookies_of(ADA), timeout=60) as page,
    ):
        answer = page.get(f"{proxy.url}/shop{path}")
        assert (answer.status_code, answer.url.path) == (200, "/shop/support/console/")


@pytest.mark.parametrize(
    ("login_url", "expected"),
    [
        ("/login", "/shop/login"),
        ("/login?next=/support/console/", "/shop/login?next=/support/console/"),
        ("/shop/login", "/shop/login"),
        ("/shopping/login", "/shop/shopping/login"),
        ("../../login", "../../login"),
        ("https://id.example/login", "https://id.example/login"),
        ("//id.example/login", "//id.example/login"),
    ],
)
def test_the_login_is_below_the_prefix(
    sqlite_template: Path, tmp_path: Path, login_url: str, expected: str
) -> None:
    url = copy_sqlite(sqlite_template, tmp_path / "desk.db")
    campfire = campfire_for(url, login_url=login_url, **QUICK)
    with (
        ThreadServer(host_app(campfire), root_path="/shop") as server,
        Proxy(server.port, prefix="/shop", strip=True) as proxy,
        httpx.Client(timeout=60) as page,
    ):
        console = f"{proxy.url}/shop/support/console/"
        answer = page.get(console)
        assert (answer.status_code, answer.headers["location"]) == (303, expected)
        # The proxy speaks TLS to the outside, and the cookie stays there.
        assert "secure" in answer.headers["set-cookie"].lower()
        answer = page.get(console, headers={"Cookie": answer.headers["set-cookie"].split(";")[0]})
        assert answer.status_code == 200
        assert f'content="{html.escape(expected)}"' in answer.text


def test_a_path_that_is_not_there(server: ThreadServer) -> None:
    with browser(server) as page:
        answer = page.get("/support/nothing")
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
        assert "There is no page here" in answer.text
        program = page.get("/support/nothing", headers={"Accept": "*/*"})
        assert program.json()["code"] == "not_found"
        # The API speaks to programs, whatever they say that they accept.
        assert page.get("/support/api/v1/nothing").json()["code"] == "not_found"


# While the host cannot say who anybody is.


def test_an_outage_of_the_host_is_not_final(server: ThreadServer, trouble: Trouble) -> None:
    trouble.error = ConnectionRefusedError(111, "Connect call failed")
    with browser(server, ADA) as page:
        for answer in (
            page.get("/support/api/v1/me"),
            page.get("/support/api/v1/conversations"),
            page.post("/support/api/v1/visitors"),
        ):
            assert answer.status_code == 503
            problem = answer.json()
            assert problem["code"] == "host_unavailable"
            assert problem["retry_after"] > 0
            assert int(answer.headers["retry-after"]) >= problem["retry_after"]
        answer = page.get("/support/console/")
        assert answer.status_code == 503
        assert 'id="console"' in answer.text, "the page itself needs nobody, and asks again"
        assert answer.headers["retry-after"] == "2"
        trouble.error = None
        assert page.get("/support/api/v1/me").json()["name"] == "Ada"


def test_a_visitors_token_is_good_while_the_host_is_away(
    server: ThreadServer, trouble: Trouble
) -> None:
    with browser(server) as page:
        token = page.post("/support/api/v1/visitors").json()["token"]
        trouble.error = TimeoutError()
        answer = page.get("/support/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200


def test_a_mistake_of_the_host_is_a_page_for_people(server: ThreadServer, trouble: Trouble) -> None:
    trouble.error = KeyError("user")
    with browser(server, ADA) as page:
        answer = page.get("/support/console/")
        assert answer.status_code == 500
        assert answer.headers["content-type"].startswith("text/html")
        assert "Something went wrong" in answer.text
        assert "user" not in re.sub(r"<style>.*</style>", "", answer.text)
    with browser(server, ADA) as program:
        assert program.get("/support/api/v1/me").json()["code"] == "internal"


def test_a_desk_that_was_not_started_says_so_to_people(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = Starlette()
    app.mount("/support", campfire_for(f"sqlite:///{tmp_path / 'desk.db'}"))
    app.add_route("/", lambda request: PlainTextResponse("host"))
    with ThreadServer(app) as server, browser(server) as page:
        answer = page.get("/support/console/")
        assert answer.status_code == 503
        assert answer.headers["content-type"].startswith("text/html")
        assert "was not started" in answer.text
        assert int(answer.headers["refresh"]) > 0
        assert page.get("/support/api/v1/me").json()["code"] == "not_started"
        # Once, for the developer, who may see only the log of the server.
        (record,) = [entry for entry in caplog.records if "not started" in entry.getMessage()]
        assert "mount_to()" in record.getMessage()


def test_a_flood_of_the_page_does_not_keep_the_host_busy(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """Each page costs a call of ``authenticate``: it is limited as the API is, and agents are not
    locked out by others at their address."""
    url = copy_sqlite(sqlite_template, tmp_path / "flood.db")
    limits = roomy(calls_per_address=Rate(0.001, 5))
    campfire = campfire_for(url, login_url="/login", limits=limits, **QUICK)
    with ThreadServer(host_app(campfire)) as running, browser(running) as page:
        answers = [page.get("/support/console/") for _ in range(8)]
        assert [answer.status_code for answer in answers[5:]] == [429] * 3
        assert 429 not in [answer.status_code for answer in answers[:5]]
        assert answers[-1].headers["content-type"].startswith("text/html")
        assert "Too many requests" in answers[-1].text
        assert httpx.get(f"{running.url}/support/api/v1/me", timeout=60).status_code == 429
        with browser(running, ADA) as agents:
            assert agents.get("/support/console/").status_code == 200
