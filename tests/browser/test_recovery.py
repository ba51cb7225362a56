"""What the console could not load comes by itself, as soon as it can be had."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.screens import ConsoleScreen
from tests.browser.test_gaps import ADA, Line
from tests.support.people import Desk
from tests.support.servers import ProcessServer

MESSAGES = "**/api/v1/conversations/*/messages?*"
LISTS = "**/api/v1/conversations?*"
MINE = "**/api/v1/conversations?*assignee=me*"
ALL = re.compile(r"/api/v1/conversations\?(?!.*assignee=)")
#: Conversations in one page of a list.
PAGE = 50
#: Milliseconds; the console never waits longer than 30 s until it asks again.
AGAIN = 45_000


def begin(server: ProcessServer) -> str:
    """A conversation of Mia's; its id."""
    desk = Desk(f"{server.url}/support", "default")
    return desk.visitor("mia", name="Mia Berger").begin("Where is my kettle?")["id"]


def console_of(page: Page, server: ProcessServer) -> ConsoleScreen:
    page.goto(f"{server.url}/support/console/")
    console = ConsoleScreen(page)
    console.show("All")
    return console


@pytest.mark.parametrize("away", ["the server", "one answer"])
def test_a_conversation_that_could_not_be_loaded(
    desk_server: ProcessServer, open_page: NewPage, away: str
) -> None:
    begin(desk_server)
    console = ConsoleScreen(open_page(f"{desk_server.url}/support/console/", ADA))
    console.show("All")
    expect(console.row("Mia Berger")).to_be_visible()
    if away == "the server":
        desk_server.kill()
    else:
        console.page.route(MESSAGES, lambda route: route.abort())
    console.row("Mia Berger").click()
    expect(console.page.get_by_text("The conversation could not be loaded.")).to_be_visible()
    if away == "the server":
        desk_server.start()
    else:
        console.page.unroute(MESSAGES)
    expect(console.log.get_by_text("Where is my kettle?", exact=True)).to_be_visible(timeout=AGAIN)
    expect(console.field).to_be_visible()


def test_a_list_that_could_not_be_loaded(desk_server: ProcessServer, open_page: NewPage) -> None:
    begin(desk_server)
    page = open_page(f"{desk_server.url}/home", ADA)
    page.route(LISTS, lambda route: route.abort())
    console = console_of(page, desk_server)
    expect(page.get_by_text("The conversations could not be loaded.")).to_be_visible()
    page.unroute(LISTS)
    expect(console.row("Mia Berger")).to_be_visible(timeout=AGAIN)


def test_a_list_behind_the_shown_one(desk_server: ProcessServer, open_page: NewPage) -> None:
    """It is asked for again alone: the shown one has its first page, and is not continued."""
    visitor = Desk(f"{desk_server.url}/support", "default").visitor("mia", name="Mia Berger")
    for number in range(PAGE + 10):
        visitor.begin(f"Number {number}")
    page = open_page(f"{desk_server.url}/home", ADA)
    console_of(page, desk_server)
    expect(page.locator("a.row")).to_have_count(PAGE)
    page.route(MINE, lambda route: route.abort())
    shown: list[str] = []
    page.on("request", lambda asked: ALL.search(asked.url) and shown.append(asked.url))
    with page.expect_event("requestfailed", lambda asked: "assignee=me" in asked.url):
        page.reload()
    page.wait_for_event("requestfailed", lambda asked: "assignee=me" in asked.url, timeout=AGAIN)
    page.unroute(MINE)
    with page.expect_response(MINE, timeout=AGAIN):
        pass
    # What was asked for before that one has its answer by now.
    page.wait_for_load_state("networkidle")
    assert len(shown) == 1, shown
    expect(page.locator("a.row")).to_have_count(PAGE)


def test_a_conversation_whose_place_in_the_stream_was_lost(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    conversation = begin(desk_server)
    page = open_page(f"{desk_server.url}/home", ADA)
    line = Line(page)
    console = console_of(page, desk_server)
    console.enter("Mia Berger")
    expect(console.log.get_by_text("Where is my kettle?", exact=True)).to_be_visible()
    console.field.fill("Half a thought")

    asked: list[str] = []
    page.route(MESSAGES, lambda route: (asked.append(route.request.url), route.abort()))
    reset = {
        "type": "reset",
        "stream": f"conversation:{conversation}",
        "epoch": "another",
        "head": 1,
        "reason": "epoch",
    }
    line.tell(json.dumps(reset))
    # It is asked for again and again, and what is shown stays meanwhile.
    while len(asked) < 2:
        page.wait_for_event(
            "requestfailed", lambda request: "/messages?" in request.url, timeout=AGAIN
        )
    expect(console.log.get_by_text("Where is my kettle?", exact=True)).to_be_visible()
    expect(console.field).to_have_value("Half a thought")
    Desk(f"{desk_server.url}/support", "default").agent("bob", name="Bob").write(
        conversation, "On its way"
    )
    page.unroute(MESSAGES)
    expect(console.log.get_by_text("On its way", exact=True)).to_be_visible(timeout=AGAIN)
    expect(console.field).to_have_value("Half a thought")
