"""A contact is blocked in the console, and finds out in the widget when they write."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from campfire_chat import Agent, Visitor
from tests.browser.conftest import NewPage
from tests.browser.looking import look_at
from tests.browser.screens import WidgetScreen
from tests.support.people import Desk
from tests.support.servers import ProcessServer

ADA = Agent(id="ada", name="Ada Lovelace")


@pytest.fixture
def server(desk_server: ProcessServer) -> ProcessServer:
    return desk_server


def test_a_visitor_is_blocked_and_unblocked(server: ProcessServer, open_page: NewPage) -> None:
    desk = Desk(f"{server.url}/support", "default")
    ada = desk.agent("ada", name=ADA.name)
    widget = WidgetScreen(open_page(f"{server.url}/home", Visitor(id="mia", name="Mia Miller")))
    widget.open()
    widget.write("Buy this")
    expect(widget.log.get_by_text("Buy this", exact=True)).to_be_visible()
    # Stored, and not only shown.
    page = open_page(f"{server.url}/support/console/#/contacts", user=ADA)
    rows = page.get_by_role("list", name="Contacts").get_by_role("link")
    expect(rows).to_have_count(1)
    [talk] = ada.get("/conversations")["items"]
    page.goto(f"{server.url}/support/console/#/conversations/{talk['id']}")
    head = page.get_by_role("region", name="Conversation with Mia Miller")
    expect(head.get_by_role("link", name="Mia Miller")).to_be_visible()
    page.keyboard.press("c")
    told = page.get_by_role("region", name="Timeline")
    expect(page.get_by_role("button", name="Block", exact=True)).to_be_visible()
    page.keyboard.press("b")
    expect(page.get_by_role("button", name="Unblock")).to_be_visible()
    expect(told.get_by_text("Was blocked by")).to_be_visible()
    look_at(page, "blocked-page")

    widget.write("Buy that")
    expect(widget.log.get_by_text("Not sent. You cannot write here any more.")).to_be_visible()

    page.keyboard.press("Escape")
    expect(head.get_by_text("Blocked", exact=True)).to_be_visible()
    expect(head.get_by_text("blocked the contact")).to_be_visible()
    look_at(page, "blocked-head")
    page.goto(f"{server.url}/support/console/#/contacts")
    page.get_by_role("combobox", name="Show").select_option("Blocked")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("Blocked")
    # Another agent ends it; the open screens follow.
    page.goto(f"{server.url}/support/console/#/conversations/{talk['id']}")
    expect(head.get_by_text("Blocked", exact=True)).to_be_visible()
    desk.agent("ben", name="Ben").post("/contacts/mia/unblock", {}, 200)
    expect(head.get_by_text("Blocked", exact=True)).to_have_count(0)
    widget.log.get_by_role("button", name="Edit").click()
    widget.field.fill("Sorry")
    widget.field.press("Enter")
    expect(head.get_by_text("Sorry", exact=True)).to_be_visible()
