"""Hosts that stand in the way: with a CORSMiddleware of their own, with a database that is away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Route

from campfire_chat import Agent, Visitor
from tests.browser.conftest import NewPage
from tests.browser.screens import ConsoleScreen, WidgetScreen
from tests.conftest import QUICK
from tests.support.engines import copy_sqlite
from tests.support.host import COOKIE, authenticate, campfire_for, cookies_of, host_app
from tests.support.servers import ThreadServer

ADA, MIA = Agent(id="ada", name="Ada Lovelace"), Visitor(id="mia", name="Mia Berger")


def shop(desk: str) -> Starlette:
    """Another site, with the widget of ``desk`` on its page."""

    async def home(request: Request) -> HTMLResponse:
        return HTMLResponse(
            "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Shop</title></head>"
            f"<body><h1>Shop</h1><script src='{desk}/widget.js' async></script></body></html>"
        )

    return Starlette(routes=[Route("/", home)])


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_page_of_another_origin_and_a_host_with_cors(
    sqlite_template: Path, tmp_path: Path, open_page: NewPage, when: str
) -> None:
    app = FastAPI()
    # A site's address is known before the desk's: the sockets are bound when they are made.
    site = Starlette()
    page_server = ThreadServer(site)
    origin = page_server.url.replace("127.0.0.1", "localhost")
    url = copy_sqlite(sqlite_template, tmp_path / "desk.db")
    campfire = campfire_for(url, allowed_origins=[origin], **QUICK)
    if when == "before":
        app.add_middleware(CORSMiddleware, allow_origins=["https://partner.example"])
    campfire.mount_to(app, "/support")
    if when == "after":
        app.add_middleware(CORSMiddleware, allow_origins=["https://partner.example"])
    with ThreadServer(app) as desk:
        site.mount("/", shop(f"{desk.url}/support"))
        with page_server:
            widget = WidgetScreen(open_page(f"{origin}/"))
            widget.open()
            widget.write("Do you ship abroad?")
            expect(widget.tick("Sent").or_(widget.tick("Delivered"))).to_be_visible()


class Users:
    """An ``authenticate`` whose database can be away."""

    away = False

    async def __call__(self, connection: HTTPConnection) -> Agent | Visitor | None:
        if self.away:
            raise ConnectionRefusedError(111, "Connect call failed")
        return await authenticate(connection)


@pytest.fixture
def users() -> Users:
    return Users()


@pytest.fixture
def desk(sqlite_template: Path, tmp_path: Path, users: Users) -> Iterator[ThreadServer]:
    url = copy_sqlite(sqlite_template, tmp_path / "desk.db")
    campfire = campfire_for(url, authenticate=users, login_url="/login", **QUICK)
    app = host_app(campfire)

    async def login(request: Request) -> RedirectResponse:
        """A host that knows the customer already, and sends them on at once."""
        response = RedirectResponse("/support/console/", 303)
        response.set_cookie("theirs", "known")
        return response

    app.router.routes.insert(0, Route("/login", login))
    with ThreadServer(app) as server:
        yield server


def test_the_console_comes_back_by_itself(
    desk: ThreadServer, users: Users, open_page: NewPage
) -> None:
    users.away = True
    console = ConsoleScreen(open_page(f"{desk.url}/support/console/", ADA))
    expect(console.page.get_by_role("heading", name="The server cannot be reached")).to_be_visible()
    expect(console.page.get_by_text("host_unavailable")).to_have_count(0)
    users.away = False
    expect(console.page.get_by_role("navigation").first).to_be_visible()
    console.show("Unassigned")


def test_the_widget_comes_back_by_itself(
    desk: ThreadServer, users: Users, open_page: NewPage
) -> None:
    users.away = True
    widget = WidgetScreen(open_page(f"{desk.url}/home", MIA))
    widget.launcher.click()
    expect(widget.panel.get_by_text("We cannot be reached right now.")).to_be_visible()
    users.away = False
    # It may still be waiting for its next try: what is written meanwhile is sent as well.
    expect(widget.field).to_be_visible()
    widget.write("Hello?")
    expect(widget.tick("Sent")).to_be_visible(timeout=40_000)


def test_who_is_no_agent_is_told_why(desk: ThreadServer, open_page: NewPage) -> None:
    """Before, the host's login sent them back and the console sent them there, for ever."""
    page = open_page(f"{desk.url}/support/")
    assert page.url == f"{desk.url}/support/console/"
    expect(page.get_by_role("heading", name="This is the team's console")).to_be_visible()
    expect(page.get_by_text("does not know you as somebody who answers")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in")).to_have_attribute("href", f"{desk.url}/login")
    customer = open_page(f"{desk.url}/support/console/", MIA)
    expect(customer.get_by_text("You are signed in, but not as somebody")).to_be_visible()
    page.context.add_cookies([{"name": COOKIE, "value": cookies_of(ADA)[COOKIE], "url": desk.url}])
    page.reload()
    expect(page.get_by_role("navigation").first).to_be_visible()
