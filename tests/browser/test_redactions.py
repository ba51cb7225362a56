"""A part of a message is removed for good, in the console and on every screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from campfire_chat import Agent, Role, Visitor
from campfire_chat.features.messages.rules import REMOVED
from tests.browser.conftest import NewPage, Theme
from tests.browser.screens import ConsoleScreen, WidgetScreen
from tests.browser.test_looks import violations
from tests.support.people import Desk
from tests.support.servers import ProcessServer

ADA = Agent(id="ada", name="Ada Lovelace", role=Role.ADMIN)
MIA = Visitor(id="mia", name="Mia Berger")


@pytest.mark.parametrize(("size", "theme"), [("desktop", "light"), ("phone", "dark")])
def test_a_part_is_removed(
    desk_server: ProcessServer, open_page: NewPage, size: str, theme: Theme
) -> None:
    mia = Desk(f"{desk_server.url}/support", "default").visitor("mia", name="Mia Berger")
    mia.begin("My card is 4111 1111, thanks")
    widget = WidgetScreen(open_page(f"{desk_server.url}/home", MIA))
    widget.open()
    widget.expect_bubbles("My card is 4111 1111, thanks")
    page = open_page(f"{desk_server.url}/support/console/", ADA, size=size, theme=theme)
    console = ConsoleScreen(page)
    console.show("All")
    console.enter("Mia Berger")
    console.log.get_by_role("button", name="Message actions").click()
    page.get_by_role("menuitem", name="Remove text for good…").click()
    dialog = page.get_by_role("dialog", name="Remove text for good")
    field = dialog.get_by_role("textbox", name="What to remove")
    expect(field).to_have_value("My card is 4111 1111, thanks")
    assert violations(page) == []
    field.fill("4111 1111")
    dialog.get_by_role("button", name="Remove for good").click()
    left = f"My card is {REMOVED}, thanks"
    expect(console.log.locator(".bubble-text")).to_have_text(left)
    expect(console.log.get_by_text("redacted", exact=True)).to_be_visible()
    widget.expect_bubbles(left)
    console.log.focus()
    page.keyboard.press("h")
    told = page.get_by_role("dialog", name="What happened").get_by_role("listitem")
    expect(told.first).to_contain_text("removed text from a message by Mia Berger for good")
