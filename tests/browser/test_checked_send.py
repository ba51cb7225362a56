"""Two agents who answer the same visitor: the second one sees what the first one said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from campfire_chat import Agent
from tests.browser.conftest import SIZES, NewPage
from tests.browser.looking import look_at
from tests.browser.screens import ConsoleScreen
from tests.browser.test_gaps import on_a_line
from tests.support.engines import copy_sqlite
from tests.support.people import Desk, Person
from tests.support.servers import ProcessServer, process_server

ADA = Agent(id="ada", name="Ada Lovelace")
BEN = Agent(id="ben", name="Ben Bitdiddle")


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[ProcessServer]:
    with process_server(copy_sqlite(sqlite_template, tmp_path / "campfire.db")) as server:
        yield server


def visitor(server: ProcessServer) -> Person:
    return Desk(f"{server.url}/support", "default").visitor("mia", name="Mia Berger")


def enter(page: Page, server: ProcessServer) -> ConsoleScreen:
    page.goto(f"{server.url}/support/console/")
    screen = ConsoleScreen(page)
    screen.show("All")
    screen.enter("Mia Berger")
    expect(screen.log.get_by_text("Where is my kettle?")).to_be_visible()
    return screen


def held(screen: ConsoleScreen) -> Locator:
    return screen.page.get_by_role("region", name="Reply that was not sent")


def told(screen: ConsoleScreen) -> Locator:
    return held(screen).get_by_role("list", name="What was said since").get_by_role("listitem")


def test_a_reply_waits_for_its_writer_when_a_colleague_has_answered(
    shop: ProcessServer, open_page: NewPage
) -> None:
    mia = visitor(shop)
    about = mia.begin("Where is my kettle?")["id"]
    bens = Desk(f"{shop.url}/support", "default").agent("ben", name=BEN.name)
    page, line = on_a_line(open_page, shop, ADA)
    ada, ben = enter(page, shop), enter(open_page(f"{shop.url}/home", BEN), shop)
    # Ada hears nothing for a while, and Ben answers meanwhile.
    line.cut()
    ben.answer("It is in the post.")
    expect(ben.tick("Sent")).to_be_visible()
    mia.write(about, "Since when?")
    ada.field.fill("I will look for it")
    ada.field.press("Enter")
    expect(held(ada)).to_be_visible()
    expect(held(ada).get_by_role("blockquote")).to_have_text("I will look for it")
    expect(ada.log.get_by_text("I will look for it")).to_have_count(0)
    # The server has told what was said, and what the visitor added; its events come later.
    expect(told(ada)).to_have_text(
        [re.compile("Ben Bitdiddle.*It is in the post"), re.compile("Mia Berger.*Since when")]
    )
    line.release()
    expect(ada.log.get_by_text("Since when?")).to_be_visible()
    expect(told(ada)).to_have_text(
        [re.compile("Ben Bitdiddle.*It is in the post"), re.compile("Mia Berger.*Since when")]
    )
    expect(held(ada).get_by_role("alert")).to_contain_text("Ben Bitdiddle")
    # It outlives the page.
    page.reload()
    expect(told(ada)).to_have_count(2)
    expect(ben.log.get_by_text("I will look for it")).to_have_count(0)
    held(ada).get_by_role("button", name="Send anyway").click()
    expect(held(ada)).to_have_count(0)
    expect(ada.field).to_be_focused()
    expect(ben.log.get_by_text("I will look for it")).to_be_visible()
    # Her own screen hears it from the server as well, which the cut would keep from it.
    expect(ada.tick("Sending")).to_have_count(0)
    # What waits in the outbox is held as well, once there is a network again.
    line.cut()
    page.context.set_offline(True)
    # Not on his screen: he would have to look at what she has just sent for a moment first.
    bens.write(about, "Since Monday.")
    ada.field.fill("Since Tuesday")
    ada.field.press("Enter")
    expect(ada.tick("Sending")).to_be_visible()
    page.context.set_offline(False)
    line.release()
    expect(told(ada)).to_have_text([re.compile("Since Monday")])
    # With the keyboard: back into the field, and out again.
    ada.field.press("ArrowUp")
    expect(held(ada)).to_have_count(0)
    expect(ada.field).to_have_value("Since Tuesday")
    ada.field.press("End")
    ada.field.press_sequentially(", I think")
    ada.field.press("Enter")
    expect(ben.log.get_by_text("Since Tuesday, I think")).to_be_visible()
    # What the visitor adds holds nothing.
    line.cut()
    mia.write(about, "Thanks!")
    ada.field.fill("Gladly")
    ada.field.press("Enter")
    expect(ben.log.get_by_text("Gladly")).to_be_visible()
    # A reply that nobody needs any more is dropped.
    bens.write(about, "Anything else?")
    ada.field.fill("Can I help you with anything else?")
    ada.field.press("Enter")
    held(ada).get_by_role("button", name="Discard").click()
    expect(held(ada)).to_have_count(0)
    line.release()
    expect(ada.log.get_by_text("Anything else?", exact=True)).to_be_visible()
    bodies = [message["body"] for message in mia.thread(about)]
    assert bodies == [
        "Where is my kettle?",
        "It is in the post.",
        "Since when?",
        "I will look for it",
        "Since Monday.",
        "Since Tuesday, I think",
        "Thanks!",
        "Gladly",
        "Anything else?",
    ]


#: A page's clock that stands, and `looks`: how often it looks whether what is in sight stays there.
STANDING_CLOCK = """
    let now = 5000;
    performance.now = () => now;
    window.pass = (ms) => (now += ms);
    window.looks = 0;
    const later = window.setTimeout;
    window.setTimeout = (callback, ms, ...rest) => {
        if (ms === 200) looks++;
        return later(callback, ms, ...rest);
    };
"""


def sees(person: Person, conversation: str, seq: int) -> bool:
    receipts = person.get(f"/conversations/{conversation}")["receipts"]
    return any(mark["participant"]["id"] == person.id and mark["read"] >= seq for mark in receipts)


def test_an_answer_that_was_on_the_screen_for_a_second_is_known(
    shop: ProcessServer, open_page: NewPage
) -> None:
    mia = visitor(shop)
    about = mia.begin("Where is my kettle?")["id"]
    people = Desk(f"{shop.url}/support", "default")
    bens, adas = people.agent("ben", name=BEN.name), people.agent("ada", name=ADA.name)
    page = open_page(f"{shop.url}/home", ADA)
    page.add_init_script(STANDING_CLOCK)
    ada = enter(page, shop)

    def answer(body: str) -> None:
        """Ben answers, and she reads it: it has been there for 200 ms."""
        looks = page.evaluate("looks")
        seq = bens.write(about, body)["seq"]
        expect(ada.log.get_by_text(body, exact=True)).to_be_visible()
        page.wait_for_function("before => looks > before", arg=looks)
        page.evaluate("pass(200)")
        for _ in range(300):
            if sees(adas, about, seq):
                return
            page.wait_for_timeout(50)
        raise AssertionError("she has not read it")

    # It has just come.
    answer("It is in the post.")
    page.evaluate("pass(799)")
    # Nor does looking for replies that wait tell that she knows it.
    ada.field.focus()
    ada.field.press("ArrowUp")
    ada.field.fill("I will look for it")
    ada.field.press("Enter")
    expect(told(ada)).to_have_text([re.compile("It is in the post")])
    held(ada).get_by_role("button", name="Discard").click()
    expect(held(ada)).to_have_count(0)
    answer("Since Monday.")
    page.evaluate("pass(800)")
    ada.field.fill("It comes tomorrow")
    ada.field.press("Enter")
    # Both of Ben's, and hers.
    expect(ada.tick("Sent")).to_have_count(3)
    assert [message["body"] for message in mia.thread(about)][1:] == [
        "It is in the post.",
        "Since Monday.",
        "It comes tomorrow",
    ]


def test_looks(shop: ProcessServer, open_page: NewPage) -> None:
    mia = visitor(shop)
    about = mia.begin("Where is my kettle?")["id"]
    ben = Desk(f"{shop.url}/support", "default").agent("ben", name=BEN.name)
    page, line = on_a_line(open_page, shop, ADA)
    ada = enter(page, shop)
    line.cut()
    ben.write(about, "It is in the post. " * 12)
    mia.write(about, "Since when?")
    ada.field.fill("I will look for it\nat once")
    ada.field.press("Enter")
    line.release()
    expect(told(ada)).to_have_count(2)
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        expect(held(ada).get_by_role("button", name="Send anyway")).to_be_in_viewport()
        expect(ada.field).to_be_in_viewport()
        look_at(page, "checked-send")
