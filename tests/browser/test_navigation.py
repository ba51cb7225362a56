"""The chat stays on the screen while the page replaces everything else."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE, NewPage
from tests.browser.screens import WidgetScreen
from tests.browser.websites import PLACES, WEBSITES, website
from tests.support.engines import copy_sqlite
from tests.support.people import Desk, Person
from tests.support.servers import ThreadServer


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadServer]:
    path = tmp_path_factory.mktemp("site") / "campfire.db"
    with website(copy_sqlite(sqlite_template, path)) as server:
        yield server


@pytest.fixture
def agent(site: ThreadServer) -> Person:
    return Desk(f"{site.url}/support", "default").agent("ada", name="Ada Lovelace")


def go_on(page: Page) -> None:
    """Follow the page's link, as its library does it; the focus stays where it is."""
    before = page.locator("h1").inner_text()
    page.evaluate("document.querySelector('a').click()")
    expect(page.locator("h1")).not_to_have_text(before)
    expect(page.locator("html")).not_to_have_attribute("data-astro-transition", re.compile(""))


def place_of(widget: WidgetScreen) -> int:
    """How far the thread is scrolled from its top, in pixels."""
    return widget.log.evaluate("log => Math.round(log.scrollTop)")


def conversation_of(agent: Person) -> str:
    return agent.get("/conversations")["items"][0]["id"]


def begin(page: Page, agent: Person) -> tuple[WidgetScreen, str]:
    """A visitor with a conversation that is longer than the panel."""
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Where is my kettle?")
    expect(widget.tick("Sent")).to_be_visible()
    conversation = conversation_of(agent)
    for number in range(20):
        agent.write(conversation, f"Answer {number}\n\nwith lines\n\nbelow it")
    expect(widget.log.get_by_text("Answer 19")).to_be_visible()
    return widget, conversation


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("library", WEBSITES)
def test_the_chat_survives_navigation(
    site: ThreadServer, open_page: NewPage, agent: Person, library: str, place: str
) -> None:
    # Astro complains of a visit that cuts off the animation of the one before.
    page = open_page(
        f"{site.url}/{library}/{place}-first.html", except_for="Transition was skipped"
    )
    page.evaluate("window.sameDocument = true")
    widget, conversation = begin(page, agent)
    widget.field.fill("half a thou")
    widget.log.evaluate("log => log.scrollTop = 400")
    page.wait_for_function(
        "() => document.querySelector('campfire-chat').shadowRoot"
        ".querySelector('.log').scrollTop === 400"
    )
    widget.field.focus()
    for _ in range(3):
        go_on(page)
        assert page.evaluate("window.sameDocument")
        expect(widget.panel).to_be_visible()
        expect(widget.field).to_have_value("half a thou")
        expect(widget.field).to_be_focused()
        assert place_of(widget) == 400
        assert page.locator("campfire-chat").count() == 1
    page.keyboard.type("ght")
    expect(widget.field).to_have_value("half a thought")
    agent.write(conversation, "An answer after all that")
    widget.panel.get_by_role("button", name=re.compile("↓$")).click()
    expect(widget.log.get_by_text("An answer after all that")).to_be_visible()
    widget.field.press("Enter")
    expect(widget.log.get_by_text("half a thought", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(widget.panel).to_be_hidden()
    go_on(page)
    widget.open()
    expect(widget.log.get_by_text("half a thought", exact=True)).to_be_visible()
    widget.expect_sent()


def behind(agent: Person, conversation: str) -> tuple[int, int]:
    """How many events the visitor's side has still to receive, and to read."""
    found = agent.get(f"/conversations/{conversation}")
    head = found["head"]
    marks = [mark for mark in found["receipts"] if mark["participant"]["kind"] == "visitor"]
    return min((head - mark["delivered"] for mark in marks), default=head), min(
        (head - mark["read"] for mark in marks), default=head
    )


def wait_for(page: Page, met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while not met():
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)


HIDE = {
    "the page is hidden": (
        "document.documentElement.style.display = 'none'",
        "document.documentElement.style.display = ''",
    ),
    "the document is empty": (
        "window.root = document.documentElement, window.root.remove()",
        "document.append(window.root)",
    ),
    "it stands in a part that is not shown": (
        """(() => {
            const dialog = document.body.appendChild(document.createElement('dialog'));
            dialog.showModal();
            dialog.style.display = 'none';
        })()""",
        "document.querySelector('dialog').style.display = ''",
    ),
}


@pytest.mark.parametrize("how", HIDE)
def test_what_is_on_no_screen_is_not_read(
    site: ThreadServer, open_page: NewPage, agent: Person, how: str
) -> None:
    hide, show = HIDE[how]
    page = open_page(f"{site.url}/turbo/head-first.html")
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Where is my kettle?")
    expect(widget.tick("Sent")).to_be_visible()
    conversation = conversation_of(agent)
    agent.write(conversation, "Answer 1")
    wait_for(page, lambda: behind(agent, conversation) == (0, 0))
    page.evaluate(hide)
    agent.write(conversation, "Answer 2")
    wait_for(page, lambda: behind(agent, conversation)[0] == 0)
    assert behind(agent, conversation) == (0, 1)
    page.evaluate(show)
    expect(widget.log.get_by_text("Answer 2")).to_be_visible()
    wait_for(page, lambda: behind(agent, conversation) == (0, 0))


REPLACED = {
    "root": "document.documentElement.replaceWith(document.documentElement.cloneNode(true))",
    "body": "document.body.replaceWith(document.createElement('body'))",
    "contents": "document.documentElement.innerHTML = '<head></head><body><h1>New</h1></body>'",
    "written": (
        "document.open(), document.write('<!doctype html><title>New</title><h1>New</h1>'),"
        "document.close()"
    ),
    "element": "document.querySelector('campfire-chat').remove()",
    "stub": "window.campfire = function (...call) { (campfire.q ??= []).push(call); }",
}


@pytest.mark.parametrize("what", REPLACED)
def test_whatever_the_page_replaces_the_chat_stays(
    site: ThreadServer, open_page: NewPage, agent: Person, what: str
) -> None:
    page = open_page(f"{site.url}/turbo/head-first.html")
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Where is my kettle?")
    widget.field.fill("half a thought")
    page.evaluate(REPLACED[what])
    # The page's own navigation runs the script again.
    page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.src = '/support/widget.js';
            document.head.append(script);
            return new Promise((resolve) => (script.onload = resolve));
        }"""
    )
    expect(widget.panel).to_have_count(1)
    expect(widget.field).to_have_value("half a thought")
    widget.field.press("Enter")
    expect(widget.log.get_by_text("half a thought", exact=True)).to_be_visible()
    # The site has conversations of earlier tests: this one is the newest once it is stored.
    widget.expect_sent()
    agent.write(conversation_of(agent), "An answer")
    expect(widget.log.get_by_text("An answer")).to_be_visible()
    page.evaluate("campfire('close')")
    expect(widget.panel).to_be_hidden()
    widget.open()


WRITTEN = REPLACED["written"]


def test_what_the_window_says_is_heard_in_a_document_that_was_written_anew(
    site: ThreadServer, open_page: NewPage, agent: Person
) -> None:
    page = open_page(f"{site.url}/turbo/head-first.html")
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Where is my kettle?")
    expect(widget.tick("Sent")).to_be_visible()
    # A message goes out without a socket; there is one when an answer comes in.
    agent.write(conversation_of(agent), "In the kitchen.")
    expect(widget.log.get_by_text("In the kitchen.")).to_be_visible()
    page.evaluate(WRITTEN)
    expect(widget.panel).to_be_visible()
    # The focus is kept from the page's own listeners, and comes back when the element has moved.
    page.evaluate("document.addEventListener('focusin', () => (window.stolen = true))")
    widget.field.click()
    assert page.evaluate("window.stolen") is None
    page.evaluate("document.querySelector('campfire-chat').remove()")
    expect(widget.field).to_be_focused()
    # The browser says that it is connected again: that is found out at once.
    page.evaluate(
        """() => {
            window.sent = [];
            const {send} = WebSocket.prototype;
            WebSocket.prototype.send = function (text) {
                window.sent.push(JSON.parse(text).type);
                send.call(this, text);
            };
            dispatchEvent(new Event('online'));
        }"""
    )
    assert "ping" in page.evaluate("window.sent")
    # A tab that is hidden covers what it shows.
    page.evaluate(
        """() => {
            Object.defineProperty(document, 'hidden', {configurable: true, value: true});
            document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    expect(widget.log).to_be_hidden()
    page.evaluate(
        """() => {
            Object.defineProperty(document, 'hidden', {configurable: true, value: false});
            document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    expect(widget.log).to_be_visible()
    # Another tab forgets the visitor.
    other = page.context.new_page()
    other.goto(f"{site.url}/turbo/head-first.html")
    expect(other.locator("campfire-chat")).to_have_count(1)
    other.evaluate("campfire.shutdown()")
    expect(widget.log.get_by_text("Where is my kettle?")).to_have_count(0)


def test_the_badge_in_a_document_that_was_written_anew(
    site: ThreadServer, open_page: NewPage, agent: Person
) -> None:
    page = open_page(f"{site.url}/turbo/head-first.html")
    first = WidgetScreen(page)
    expect(first.launcher).to_be_visible()
    page.evaluate(WRITTEN)
    expect(first.launcher).to_be_visible()
    other = page.context.new_page()
    other.goto(f"{site.url}/turbo/head-first.html")
    second = WidgetScreen(other)
    second.open()
    second.write("Begun here")
    expect(second.tick("Sent")).to_be_visible()
    other.keyboard.press("Escape")
    expect(second.panel).to_be_hidden()
    agent.write(conversation_of(agent), "Answered")
    expect(first.launcher).to_have_accessible_name("Open chat, 1 unread")


def test_a_page_that_keeps_taking_the_chat_away_does_not_hang(
    site: ThreadServer, open_page: NewPage
) -> None:
    page = open_page(f"{site.url}/turbo/head-first.html")
    widget = WidgetScreen(page)
    widget.open()
    page.evaluate(
        """() => {
            const take = () => document.querySelector('campfire-chat')?.remove();
            window.keeper = new MutationObserver(take);
            keeper.observe(document.documentElement, {childList: true});
            take();
        }"""
    )
    assert page.evaluate("1 + 1") == 2
    page.evaluate("keeper.disconnect()")
    expect(widget.panel).to_be_visible()
