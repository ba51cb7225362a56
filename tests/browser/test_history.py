"""What happened to a conversation, as the console tells it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from campfire_chat import Agent, Role
from tests.browser.conftest import SIZES, NewPage
from tests.browser.looking import look_at
from tests.browser.screens import ConsoleScreen
from tests.support.people import Desk, Person
from tests.support.servers import ProcessServer

ADA = Agent(id="ada", name="Ada Lovelace", role=Role.ADMIN)


def begin(server: ProcessServer) -> tuple[str, Person]:
    """A conversation with a past, and a colleague."""
    desk = Desk(f"{server.url}/support", "default")
    mia = desk.visitor("mia", name="Mia Berger")
    grace = desk.agent("grace", name="Grace Hopper", role=Role.ADMIN)
    conversation = mia.begin("Where is my kettle?")["id"]
    path = f"/conversations/{conversation}"
    grace.patch(path, {"priority": "high", "subject": "A kettle"})
    grace.patch(path, {"status": "resolved"})
    mia.write(conversation, "It is here. It leaks.")
    return conversation, grace


def opened(open_page: NewPage, server: ProcessServer, **options: object) -> Page:
    page = open_page(f"{server.url}/support/console/", ADA, **options)
    console = ConsoleScreen(page)
    console.show("All")
    console.enter("Mia Berger")
    expect(console.log.get_by_text("It is here. It leaks.")).to_be_visible()
    return page


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="What happened")


def test_it_tells_who_did_what_and_follows(desk_server: ProcessServer, open_page: NewPage) -> None:
    conversation, grace = begin(desk_server)
    page = opened(open_page, desk_server)
    page.keyboard.press("h")
    told = dialog(page).get_by_role("list", name="What happened").get_by_role("listitem")
    expect(told.filter(has_text=re.compile("Mia Berger.*with a reply"))).to_have_count(1)
    expect(told.filter(has_text=re.compile(r"Grace Hopper\W+resolved"))).to_have_count(1)
    expect(told.filter(has_text="Mia Berger wrote a message")).to_have_count(2)
    # What happens now comes at once, at the top.
    message = grace.thread(conversation)[0]["id"]
    grace.delete(f"/messages/{message}")
    expect(told.first).to_contain_text("Grace Hopper deleted a message by Mia Berger")
    expect(dialog(page)).not_to_contain_text("Where is my kettle?")
    page.keyboard.press("Escape")
    expect(dialog(page)).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
def test_the_look(desk_server: ProcessServer, open_page: NewPage, size: str) -> None:
    begin(desk_server)
    page = opened(open_page, desk_server, size=size)
    page.keyboard.press("Control+k")
    palette = page.get_by_role("combobox", name=re.compile("Search"))
    palette.fill("what happened")
    palette.press("Enter")
    expect(dialog(page).get_by_text(re.compile(r"Grace Hopper\W+resolved"))).to_be_visible()
    look_at(page, "history")
