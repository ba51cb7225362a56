"""Organisations of one process, each with its own widget."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from campfire_chat import Agent, Role
from campfire_chat.features.organizations.palette import palette_of
from tests.browser.conftest import SIZES, NewPage
from tests.browser.looking import look_at, night
from tests.browser.screens import ConsoleScreen, WidgetScreen
from tests.browser.test_looks import sizes
from tests.conftest import QUICK
from tests.support.engines import copy_sqlite
from tests.support.host import campfire_for
from tests.support.people import Desk
from tests.support.servers import ThreadServer

ORGANIZATIONS: dict[str, dict[str, Any]] = {
    "tea": {
        "widget_color": "#0f766e",
        "widget_name": "Tea & Kettles",
        "widget_greeting": "A question about tea?",
    },
    "sun": {
        "widget_color": "#facc15",
        "widget_name": "Sunny Side",
        "widget_greeting": "Good morning!",
        "widget_position": "left",
        "widget_logo": "/logo.png",
    },
    "plain": {},
}
#: A picture of one red pixel.
LOGO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


async def shop(request: Request) -> HTMLResponse:
    """The page of an organisation, with its widget."""
    name = request.path_params["organization"]
    return HTMLResponse(
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{name}</title></head><body><main><h1>{name}</h1></main>"
        f"<script src='/support/o/{name}/widget.js' async></script></body></html>"
    )


async def logo(request: Request) -> Response:
    return Response(LOGO, media_type="image/png")


@pytest.fixture(scope="module")
def shops(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("branding") / "campfire.db"
    campfire = campfire_for(copy_sqlite(sqlite_template, path), **QUICK)
    app = Starlette(routes=[Route("/shop/{organization}", shop), Route("/logo.png", logo)])
    campfire.mount_to(app, "/support")
    with ThreadServer(app) as server:
        for name, settings in ORGANIZATIONS.items():
            desk = Desk(f"{server.url}/support/o/{name}", name)
            desk.agent(role=Role.ADMIN).patch("/settings", settings)
        yield server.url


def expect_colors(element: Locator, background: str, text: str | None = None) -> None:
    """Colours as ``#rrggbb``."""
    for name, color in {"background-color": background, "color": text}.items():
        if color is not None:
            channels = ", ".join(str(int(color[at : at + 2], 16)) for at in (1, 3, 5))
            expect(element).to_have_css(name, f"rgb({channels})")


@sizes
@pytest.mark.parametrize("name", ORGANIZATIONS)
def test_each_organisation_has_its_own_widget(
    shops: str, open_page: NewPage, name: str, size: str
) -> None:
    chosen = ORGANIZATIONS[name]
    accent = chosen.get("widget_color", "#c2410c")
    page = open_page(f"{shops}/shop/{name}", size=size)
    widget = WidgetScreen(page, title=chosen.get("widget_name", "Chat with us"))
    expect(widget.launcher).to_be_visible()
    # Before anything else is loaded.
    expect_colors(widget.launcher, accent)
    with night(page):
        expect_colors(widget.launcher, accent)
    box, width = widget.launcher.bounding_box(), SIZES[size][0]
    assert box is not None
    is_left = chosen.get("widget_position") == "left"
    assert (box["x"] == 20) is is_left
    assert (box["x"] + box["width"] == width - 20) is not is_left
    look_at(page, f"widget-{name}-launcher")
    widget.open()
    head = widget.panel.get_by_role("heading", level=2)
    expect(head).to_have_text(chosen.get("widget_name", "Chat with us"))
    greeting = chosen.get("widget_greeting", "How can we help?")
    expect(widget.panel.get_by_role("heading", name=greeting)).to_be_visible()
    if "widget_logo" in chosen:
        expect(widget.panel.locator("header img")).to_be_visible()
    panel = widget.panel.bounding_box()
    assert panel is not None
    if size == "phone":
        assert (panel["x"], panel["width"]) == (0, width)
    else:
        assert (panel["x"] == 20) is is_left
    look_at(page, f"widget-{name}")
    widget.write("Hello?")
    expect_colors(widget.log.locator(".mine .bubble"), accent, palette_of(accent).text)
    with night(page):
        expect_colors(widget.log.locator(".mine .bubble"), accent, palette_of(accent).text)
    look_at(page, f"widget-{name}-thread")


def test_each_has_its_own_visitors(shops: str, open_page: NewPage) -> None:
    """Two widgets in one browser do not mix up their tokens."""
    page = open_page(f"{shops}/shop/tea")
    tea = WidgetScreen(page, title="Tea & Kettles")
    tea.open()
    tea.write("For the tea shop")
    tea.expect_sent()
    page.goto(f"{shops}/shop/sun")
    sun = WidgetScreen(page, title="Sunny Side")
    sun.open()
    sun.write("For the sunny side")
    sun.expect_sent()
    for name, body in {"tea": "For the tea shop", "sun": "For the sunny side"}.items():
        agent = Desk(f"{shops}/support/o/{name}", name).agent()
        bodies = [item["last_message"]["text"] for item in agent.get("/conversations")["items"]]
        assert body in bodies
        assert all(other in (body, "Hello?") for other in bodies)


def test_what_a_branding_costs(shops: str) -> None:
    sizes = {
        name: len(gzip.compress(httpx.get(f"{shops}/support/o/{name}/widget.js").content, 9))
        for name in ORGANIZATIONS
    }
    assert sizes["plain"] <= 3 * 1024
    for name in ("tea", "sun"):
        assert sizes[name] <= sizes["plain"] + 400, sizes


def test_each_has_its_own_console(shops: str, open_page: NewPage) -> None:
    mia = Desk(f"{shops}/support/o/tea", "tea").visitor(name="Mia Berger")
    mia.begin("Is the kettle in stock?")
    ada = Agent(id="ada", name="Ada Lovelace", organization="tea")
    console = ConsoleScreen(open_page(f"{shops}/support/o/tea/console/", ada))
    console.show("All")
    console.enter("Mia Berger")
    console.answer("It is.")
    # Over the socket of that address.
    mia.write(mia.get("/conversations")["items"][0]["id"], "Lovely")
    expect(console.log.get_by_text("Lovely")).to_be_visible()
    page = open_page(f"{shops}/support/o/sun/console/", ada)
    expect(page.get_by_role("heading", name="This is the team's console")).to_be_visible()
    assert "Mia" not in page.content()
