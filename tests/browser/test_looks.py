"""Widget and console, on a desk and in a hand, by day and by night: usable by everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from campfire_chat import Agent, Visitor
from tests.browser.conftest import SIZES, NewPage, Theme
from tests.browser.looking import violations
from tests.browser.screens import ConsoleScreen, WidgetScreen
from tests.support.engines import copy_sqlite
from tests.support.people import Desk
from tests.support.servers import ProcessServer, process_server

MIA = Visitor(id="mia", name="Mia Berger", email="mia@example.com")
ADA = Agent(id="ada", name="Ada Lovelace")

looks = pytest.mark.parametrize("theme", ["light", "dark"])
sizes = pytest.mark.parametrize("size", SIZES)


@pytest.fixture(scope="module")
def shop(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProcessServer]:
    """A server with an afternoon's worth of conversations in it."""
    path = tmp_path_factory.mktemp("looks") / "campfire.db"
    with process_server(copy_sqlite(sqlite_template, path)) as server:
        _fill(Desk(f"{server.url}/support", "default"))
        yield server


def _fill(desk: Desk) -> None:
    ada = desk.agent("ada", name=ADA.name)
    grace = desk.agent("grace", name="Grace Hopper")
    grace.get("/me")
    for id, name, subject, body, change in (
        ("tom", "Tom Baker", "Invoice 2026-118", "The VAT number is missing.", {"priority": "low"}),
        ("ines", "Inês Duarte", None, "Do you ship to Porto?", {"tags": ["shipping"]}),
        ("li", "Li Wei", "Broken handle", "It came off 😕", {"status": "pending"}),
        ("sam", "Sam Okafor", None, "Thanks, that worked!", {"status": "resolved"}),
    ):
        visitor = desk.visitor(id, name=name)
        conversation = visitor.begin(body, **({"subject": subject} if subject else {}))["id"]
        ada.patch(f"/conversations/{conversation}", change)
    mia = desk.visitor("mia", name=MIA.name, email=MIA.email)
    conversation = mia.begin("Hello! Where is the kettle that I ordered on Monday?")["id"]
    ada.patch(
        f"/conversations/{conversation}",
        {"assignee_id": ada.id, "priority": "high", "tags": ["delivery", "kettle"]},
    )
    ada.write(conversation, "Good morning, Mia. Let me have a look.")
    ada.write(conversation, "The parcel left on Tuesday.", visibility="internal")
    ada.write(conversation, "It is on its way and should be with you tomorrow.")
    mia.write(conversation, "Lovely, thank you. Can I still change the address?")


@looks
@sizes
def test_the_widget(
    shop: ProcessServer,
    open_page: NewPage,
    screenshot: Callable[[Page, str], None],
    size: str,
    theme: Theme,
) -> None:
    page = open_page(f"{shop.url}/home", MIA, size=size, theme=theme)
    widget = WidgetScreen(page)
    expect(widget.launcher).to_be_visible()
    assert violations(page) == []
    widget.open()
    expect(widget.log.get_by_text(re.compile("on its way"))).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    screenshot(page, f"widget-{size}-{theme}")


@looks
@sizes
def test_the_console(
    shop: ProcessServer,
    open_page: NewPage,
    screenshot: Callable[[Page, str], None],
    size: str,
    theme: Theme,
) -> None:
    page = open_page(f"{shop.url}/support/console/", ADA, size=size, theme=theme)
    console = ConsoleScreen(page)
    console.show("All")
    expect(console.row("Mia Berger")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    console.enter("Mia Berger")
    expect(console.log.get_by_text("The parcel left on Tuesday.")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    screenshot(page, f"console-{size}-{theme}")


@pytest.mark.parametrize("width", [320, 390, 800, 1440])
def test_the_head_of_the_list_fits_however_wide_it_is(
    shop: ProcessServer, open_page: NewPage, width: int
) -> None:
    page = open_page(f"{shop.url}/support/console/", ADA)
    page.set_viewport_size({"width": width, "height": 800})
    ConsoleScreen(page).show("Unassigned")
    expect(page.get_by_role("button", name="Take next")).to_be_visible()
    boxes = [
        page.get_by_role(role, name=name).bounding_box()  # type: ignore[arg-type]
        for role, name in (
            ("region", "Conversations"),
            ("button", "Take next"),
            ("combobox", "Order"),
            ("searchbox", "Filter this list"),
            ("group", "Status"),
            ("button", re.compile("Change your availability")),
        )
    ]
    ends = [box["x"] + box["width"] for box in boxes if box]
    assert len(ends) == len(boxes)
    assert max(ends[1:]) <= ends[0]
    assert ends[0] <= width


def test_the_console_by_keyboard(shop: ProcessServer, open_page: NewPage) -> None:
    page = open_page(f"{shop.url}/support/console/", ADA)
    console = ConsoleScreen(page)
    console.show("All")
    expect(console.row("Mia Berger")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(console.field).to_be_visible()
    page.keyboard.press("r")
    expect(console.field).to_be_focused()


def test_nothing_comes_from_elsewhere(shop: ProcessServer, open_page: NewPage) -> None:
    page = open_page("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{shop.url}/home")
    WidgetScreen(page).open()
    page.goto(f"{shop.url}/support/console/")
    assert asked
    assert all(url.startswith((shop.url, "data:", "blob:")) for url in asked)


def test_a_page_that_only_shows_the_launcher_loads_little(
    shop: ProcessServer, open_page: NewPage
) -> None:
    page = open_page("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{shop.url}/home", wait_until="networkidle")
    assert [url for url in asked if "/support/" in url] == [f"{shop.url}/support/widget.js"]
    assert page.context.cookies() == []
