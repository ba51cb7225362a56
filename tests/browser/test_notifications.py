"""The bell: what concerns an agent is told once, and acting deals with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from campfire_chat import Agent, Role
from tests.browser.conftest import SIZES, NewPage
from tests.browser.looking import look_at
from tests.support.engines import copy_sqlite
from tests.support.people import Desk, Person
from tests.support.servers import ProcessServer, eventually, process_server

ADA = Agent(id="ada", name="Ada Lovelace")

#: Counts what a page tells of: sounds, and notifications on the desktop.
COUNT_ALERTS = """
    window.alerts = { sounds: 0, shown: [] };
    const resume = AudioContext.prototype.resume;
    AudioContext.prototype.resume = function () {
        alerts.sounds++;
        return resume.call(this);
    };
    class Shown extends Notification {
        // Chromium without windows has nowhere to show them, and says that they are denied.
        static get permission() {
            return "granted";
        }
        constructor(title, options) {
            super(title, options);
            alerts.shown.push([title, options.body]);
        }
    }
    window.Notification = Shown;
"""


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[ProcessServer]:
    with process_server(copy_sqlite(sqlite_template, tmp_path / "campfire.db")) as server:
        yield server


class Talk:
    """Mia's conversation, which Bo gives to Ada."""

    def __init__(self, server: ProcessServer) -> None:
        self.desk = Desk(f"{server.url}/support", "default")
        self.ada: Person = self.desk.agent("ada", name=ADA.name)
        self.boss = self.desk.agent("boss", name="Bo", role=Role.ADMIN)
        self.mia = self.desk.visitor("mia", name="Mia Berger")
        self.id: str = self.mia.begin("Where is my kettle?", subject="Kettle")["id"]

    def give(self) -> None:
        self.boss.patch(f"/conversations/{self.id}", {"assignee_id": self.ada.id})

    def mention(self, words: str) -> None:
        body = f"<@{self.ada.id}> {words}"
        self.boss.write(self.id, body, visibility="internal")

    def until_unread(self, count: int) -> None:
        eventually(lambda: self.ada.get("/notifications/count")["unread"] == count)


def told(who: str, what: str) -> str:
    """The sentence, in which a name may be written from right to left."""
    return f"\u2068{who}\u2069 {what}"


def bell(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Views").get_by_role("button", name="Notifications")


def rows(page: Page) -> Locator:
    return page.get_by_role("list", name="Notifications").get_by_role("link")


def console(open_page: NewPage, server: ProcessServer, **more: str) -> Page:
    page = open_page(f"{server.url}/home", ADA, permissions=["notifications"], **more)
    page.add_init_script(COUNT_ALERTS)
    page.goto(f"{server.url}/support/console/")
    expect(page.locator("a.row")).to_have_count(1)
    return page


def test_what_concerns_me_is_told_and_dealt_with_by_keys(
    shop: ProcessServer, open_page: NewPage
) -> None:
    talk = Talk(shop)
    page = console(open_page, shop)
    expect(bell(page).locator(".count")).to_have_count(0)
    talk.give()
    talk.mention("can you look?")
    talk.mia.write(talk.id, "Anybody there?")
    expect(bell(page)).to_contain_text("3 unread")
    page.wait_for_function("() => alerts.sounds >= 1")
    bell(page).press("Enter")
    expect(rows(page)).to_have_count(3)
    reply, mention, assignment = (rows(page).nth(number) for number in range(3))
    expect(reply).to_contain_text(told("Mia Berger", "wrote"))
    expect(reply).to_contain_text("Anybody there?")
    expect(mention).to_contain_text(told("Bo", "mentioned you"))
    expect(mention).to_contain_text("@Ada Lovelace can you look?")
    expect(assignment).to_contain_text(told("Bo", "assigned the conversation to you"))
    expect(assignment).to_contain_text("#1 · Kettle")
    page.get_by_role("list", name="Notifications").focus()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(mention).to_be_focused()
    page.keyboard.press("Enter")
    # The conversation opens at the note, and has told all that it had to tell.
    log = page.get_by_role("log", name="Messages")
    expect(log.get_by_text("can you look?")).to_be_visible()
    expect(bell(page).locator(".count")).to_have_count(0)
    talk.until_unread(0)
    page.go_back()
    expect(rows(page)).to_have_count(3)
    expect(page.get_by_text("Unread: ")).to_have_count(0)

    # All at once, and what is told on another device meanwhile.
    talk.mention("once more")
    expect(rows(page).first).to_contain_text(told("Bo", "mentioned you"))
    page.get_by_role("button", name="Unread", exact=True).click()
    expect(rows(page)).to_have_count(1)
    page.get_by_role("list", name="Notifications").focus()
    page.keyboard.press("e")
    expect(page.get_by_text("Nothing is waiting for you")).to_be_visible()
    talk.until_unread(0)
    talk.mention("and again")
    expect(rows(page)).to_have_count(1)
    talk.ada.write(talk.id, "On my way")
    expect(page.get_by_text("Nothing is waiting for you")).to_be_visible()
    expect(bell(page).locator(".count")).to_have_count(0)


def test_one_tab_tells_and_an_open_conversation_needs_no_alert(
    shop: ProcessServer, open_page: NewPage
) -> None:
    talk = Talk(shop)
    talk.give()
    talk.until_unread(1)
    page = console(open_page, shop)
    with page.expect_response("**/api/v1/notifications/read"):
        page.locator("a.row").click()
    expect(page.get_by_role("log", name="Messages")).to_be_visible()
    talk.until_unread(0)
    # It is read where it is shown.
    with page.expect_response("**/api/v1/notifications/read"):
        talk.mia.write(talk.id, "Anybody there?")
    talk.until_unread(0)
    assert page.evaluate("alerts.sounds") == 0

    # Two tabs that show something else: one of them tells.
    page.goto(f"{shop.url}/support/console/#/contacts")
    other = page.context.new_page()
    other.add_init_script(COUNT_ALERTS)
    other.goto(f"{shop.url}/support/console/#/contacts")
    expect(bell(other)).to_be_visible()
    for number in range(1, 4):
        talk.mention(f"number {number}")
        for tab in (page, other):
            expect(bell(tab)).to_contain_text(f"{number} unread")
    # Each has asked for its lock by then: a later one shows it.
    total = "alerts.sounds"
    eventually(lambda: page.evaluate(total) + other.evaluate(total) >= 3)
    assert page.evaluate(total) + other.evaluate(total) == 3


def test_on_the_desktop_when_nobody_looks(shop: ProcessServer, open_page: NewPage) -> None:
    talk = Talk(shop)
    page = console(open_page, shop)
    bell(page).click()
    switch = page.get_by_role("checkbox", name="Desktop notifications")
    expect(switch).not_to_be_checked()
    switch.click()
    expect(switch).to_be_checked()
    eventually(lambda: talk.ada.get("/me/settings")["values"]["notify_desktop"])
    page.get_by_role("checkbox", name="Sound").click()
    expect(page.get_by_role("checkbox", name="Sound")).not_to_be_checked()
    talk.mention("before my eyes")
    expect(bell(page)).to_contain_text("1 unread")
    page.evaluate("document.hasFocus = () => false")
    talk.mention("behind my back")
    page.wait_for_function("() => alerts.shown.length === 1")
    assert page.evaluate("alerts") == {
        "sounds": 0,
        "shown": [[told("Bo", "mentioned you"), "@Ada Lovelace behind my back"]],
    }


@pytest.mark.parametrize("size", SIZES)
def test_the_look(shop: ProcessServer, open_page: NewPage, size: str) -> None:
    talk = Talk(shop)
    talk.give()
    talk.mention("can you look at this? " * 8)
    talk.until_unread(2)
    talk.ada.post("/notifications/read", {}, 200)
    talk.mia.write(talk.id, "Anybody there?")
    talk.until_unread(1)
    page = open_page(f"{shop.url}/support/console/#/notifications", ADA, size=size)
    expect(rows(page)).to_have_count(3)
    look_at(page, "notifications")
