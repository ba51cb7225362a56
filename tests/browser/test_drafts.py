"""One agent on two devices: what is written on one of them is on the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from campfire_chat import Agent
from tests.browser.conftest import NewPage
from tests.browser.screens import ConsoleScreen
from tests.support.engines import copy_sqlite
from tests.support.people import Desk
from tests.support.servers import ProcessServer, process_server

ADA = Agent(id="ada", name="Ada Lovelace")


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[ProcessServer]:
    with process_server(copy_sqlite(sqlite_template, tmp_path / "campfire.db")) as server:
        yield server


def console(open_page: NewPage, server: ProcessServer, size: str) -> ConsoleScreen:
    page = open_page(f"{server.url}/support/console/#/inbox/all", ADA, size=size)
    screen = ConsoleScreen(page)
    screen.show("All")
    expect(screen.row("Mia Berger")).to_be_visible()
    return screen


def leave(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")


def test_a_draft_goes_from_the_phone_to_the_desk(shop: ProcessServer, open_page: NewPage) -> None:
    people = Desk(f"{shop.url}/support", "default")
    mia, ada = people.visitor("mia", name="Mia Berger"), people.agent("ada", name=ADA.name)
    about = mia.begin("Where is my kettle?")["id"]
    desk, phone = (console(open_page, shop, size) for size in ("desktop", "phone"))
    phone.enter("Mia Berger")
    phone.field.fill("It is in")
    # The row says so, and nobody has to ask.
    expect(desk.row("Mia Berger").get_by_text("Draft")).to_be_visible()
    desk.enter("Mia Berger")
    expect(desk.field).to_have_value("It is in")
    # While one types on the phone, nothing changes there; it shows when the field is left.
    phone.field.focus()
    desk.field.fill("It is in the post")
    with phone.page.expect_response(f"**/conversations/{about}/draft"):
        leave(desk.page)
    expect(phone.field).to_have_value("It is in")
    leave(phone.page)
    expect(phone.field).to_have_value("It is in the post")
    # What was written apart is put together.
    phone.page.context.set_offline(True)
    phone.field.fill("It is in the post, I hope")
    desk.field.fill("It is lost")
    with desk.page.expect_response(
        lambda answer: answer.request.method == "PUT" and "It is lost" in answer.text()
    ):
        leave(desk.page)
    phone.page.context.set_offline(False)
    both = "It is lost\nIt is in the post, I hope"
    expect(phone.field).to_have_value(both)
    expect(desk.field).to_have_value(both)
    # It outlives the page, with its note, and the browser.
    desk.page.get_by_role("tab", name="Note").click()
    with desk.page.expect_response(
        lambda answer: answer.request.method == "PUT" and "Hm" in answer.text()
    ):
        desk.page.get_by_role("textbox", name="Private note").fill("Hm")
    leave(desk.page)
    other = console(open_page, shop, "desktop")
    other.row("Mia Berger").first.click()
    expect(other.page.get_by_role("textbox", name="Private note")).to_have_value("Hm")
    other.page.get_by_role("tab", name="Reply").click()
    expect(other.field).to_have_value(both)
    # Sending clears it everywhere.
    leave(phone.page)
    other.field.press("Enter")
    expect(phone.field).to_have_value("")
    expect(phone.log.get_by_text("It is lost")).to_be_visible()
    assert [message["body"] for message in mia.thread(about)][1:] == [both]
    kept = ada.get(f"/conversations/{about}/draft")
    assert (kept["reply"], kept["note"]) == ("", "Hm")
