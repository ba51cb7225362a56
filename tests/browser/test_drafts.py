"""One agent on two devices: what is written on one of them is on the other."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, Route, expect

from campfire_chat import Agent
from tests.browser.conftest import NewPage
from tests.browser.screens import ConsoleScreen
from tests.browser.test_sending import HeldAnswers
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


def show(page: Page) -> None:
    """What the page has been told is on its screen."""
    page.evaluate(
        """async () => {
            const frame = () => new Promise(requestAnimationFrame);
            await frame();
            await frame();
        }"""
    )


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
    with phone.page.expect_response(
        lambda answer: answer.request.method == "GET" and "It is in the post" in answer.text()
    ):
        desk.field.fill("It is in the post")
        leave(desk.page)
    show(phone.page)
    expect(phone.field).to_have_value("It is in")
    leave(phone.page)
    expect(phone.field).to_have_value("It is in the post")
    # What was written apart is put together.
    phone.page.context.set_offline(True)
    phone.field.fill("It is in the post, I hope")
    with desk.page.expect_response(
        lambda answer: answer.request.method == "PUT" and "It is lost" in answer.text()
    ):
        desk.field.fill("It is lost")
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
        # Another save is not long ago: leaving the field saves at once.
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


def is_draft(method: str, text: str) -> Callable[[Response], bool]:
    return lambda answer: (
        answer.request.method == method
        and answer.url.endswith("/draft")
        and json.dumps(text) in answer.text()
    )


def test_what_is_sent_while_its_draft_is_saved_is_no_draft(
    shop: ProcessServer, open_page: NewPage
) -> None:
    people = Desk(f"{shop.url}/support", "default")
    mia, ada = people.visitor("mia", name="Mia Berger"), people.agent("ada", name=ADA.name)
    path = f"/conversations/{mia.begin('Where is my kettle?')['id']}/draft"
    # While there is a note, somebody still types, and is saved every half minute only.
    ada.put(path, {"reply": "It is in", "note": "Hm"})
    desk = console(open_page, shop, "desktop")
    desk.enter("Mia Berger")
    expect(desk.field).to_have_value("It is in")
    saves = itertools.count()
    held = HeldAnswers(
        desk.page, "**/draft", lambda asked: asked.method == "PUT" and next(saves) == 0
    )
    desk.field.fill("It is in the post")
    leave(desk.page)
    assert held.wait()["reply"] == "It is in the post"
    desk.field.press("Enter")
    expect(desk.log.get_by_text("It is in the post")).to_be_visible()
    with desk.page.expect_response(is_draft("PUT", "")):
        held.release()
    kept = ada.get(path)
    assert (kept["reply"], kept["note"]) == ("", "Hm")


def test_an_older_answer_changes_nothing(shop: ProcessServer, open_page: NewPage) -> None:
    people = Desk(f"{shop.url}/support", "default")
    mia, ada = people.visitor("mia", name="Mia Berger"), people.agent("ada", name=ADA.name)
    path = f"/conversations/{mia.begin('Where is my kettle?')['id']}/draft"
    ada.put(path, {"reply": "It is in"})
    desk = console(open_page, shop, "desktop")
    desk.enter("Mia Berger")
    expect(desk.field).to_have_value("It is in")
    # The list was read, and what is written then is stored before it arrives.
    drafts = HeldAnswers(desk.page, "**/api/v1/drafts?*", lambda _: True)
    desk.page.reload()
    assert drafts.wait()["items"][0]["reply"] == "It is in"
    with desk.page.expect_response(is_draft("PUT", "It is in the post")):
        desk.field.fill("It is in the post")
    leave(desk.page)
    with desk.page.expect_response("**/api/v1/drafts?*"):
        drafts.release()
    show(desk.page)
    expect(desk.field).to_have_value("It is in the post")
    # Two changes elsewhere, and the answer about the first one comes last.
    first = iter([True])
    looks = HeldAnswers(
        desk.page, "**/draft", lambda request: request.method == "GET" and next(first, False)
    )
    ada.put(path, {"reply": "It is lost"})
    assert looks.wait()["reply"] == "It is lost"
    ada.put(path, {"reply": "It is found"})
    expect(desk.field).to_have_value("It is found")
    with desk.page.expect_response(is_draft("GET", "It is lost")):
        looks.release()
    show(desk.page)
    expect(desk.field).to_have_value("It is found")


def test_what_was_sent_does_not_come_back(shop: ProcessServer, open_page: NewPage) -> None:
    people = Desk(f"{shop.url}/support", "default")
    mia, ada = people.visitor("mia", name="Mia Berger"), people.agent("ada", name=ADA.name)
    about = mia.begin("Where is my kettle?")["id"]
    path = f"/conversations/{about}/draft"
    desk = console(open_page, shop, "desktop")
    desk.enter("Mia Berger")
    stored: list[str] = []

    def lose(route: Route) -> None:
        """The server stores the first one, and no answer arrives."""
        if route.request.method == "PUT" and not stored:
            stored.append(route.fetch().json()["reply"])
        route.abort()

    desk.page.route("**/draft", lose)
    desk.field.fill("It is in the post")
    while not stored:
        desk.page.wait_for_timeout(50)
    desk.field.press("Enter")
    expect(desk.tick("Sent")).to_be_visible()
    assert ada.get(path)["reply"] == "It is in the post"
    # It is told again, although nobody writes.
    with desk.page.expect_response(
        lambda answer: answer.request.method == "PUT" and answer.status == 200
    ):
        desk.page.unroute("**/draft")
    assert ada.get(path)["updated_at"] is None
    expect(desk.field).to_have_value("")


def test_what_is_sent_was_read(shop: ProcessServer, open_page: NewPage) -> None:
    people = Desk(f"{shop.url}/support", "default")
    mia, ada = people.visitor("mia", name="Mia Berger"), people.agent("ada", name=ADA.name)
    about = mia.begin("Where is my kettle?")["id"]
    desk = console(open_page, shop, "desktop")
    desk.enter("Mia Berger")
    with desk.page.expect_response(is_draft("PUT", "It is in the post")):
        desk.field.fill("It is in the post")
    with desk.page.expect_response(is_draft("GET", "It is lost")):
        ada.put(f"/conversations/{about}/draft", {"reply": "It is lost"})
    # The mouse takes the focus out of the field before it clicks.
    desk.page.get_by_role("button", name="Send", exact=True).hover()
    desk.page.mouse.down()
    show(desk.page)
    expect(desk.field).to_have_value("It is in the post")
    desk.page.mouse.up()
    expect(desk.tick("Sent")).to_be_visible()
    assert [message["body"] for message in mia.thread(about)][1:] == ["It is in the post"]
    # The other text is not lost.
    expect(desk.field).to_have_value("It is lost")
