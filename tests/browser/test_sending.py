"""What a person sees of a message from the moment it is sent, and what else the panel says."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import APIResponse, BrowserContext, Page, Request, Route, expect

from campfire_chat import Visitor
from tests.browser.conftest import NewPage
from tests.browser.screens import WidgetScreen
from tests.browser.test_gaps import Line
from tests.support.people import Desk, Person
from tests.support.servers import ProcessServer

MIA = Visitor(id="mia", name="Mia Berger")


def agent_of(server: ProcessServer) -> Person:
    return Desk(f"{server.url}/support", "default").agent("ada", name="Ada Lovelace")


def only_conversation(agent: Person) -> str:
    (conversation,) = agent.get("/conversations")["items"]
    return conversation["id"]


def watch_thread(page: Page) -> Callable[[], list[list[str]]]:
    """Notes what is in the thread after every change of it."""
    page.evaluate(
        """() => {
            const log = document.querySelector('campfire-chat').shadowRoot.querySelector('.log');
            window.seen = [];
            const note = () => window.seen.push(
                [...log.querySelectorAll('p.bubble')].map((bubble) => bubble.textContent));
            new MutationObserver(note).observe(log, {subtree: true, childList: true});
        }"""
    )
    return lambda: page.evaluate("window.seen")


def test_the_first_message_never_leaves_the_screen(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    page = open_page("about:blank")
    line = Line(page)
    page.goto(f"{desk_server.url}/home")
    widget = WidgetScreen(page)
    widget.open()
    seen = watch_thread(page)
    # There is HTTP, and no stream that could bring the message back.
    line.cut()
    widget.write("Where is my kettle?")
    expect(widget.tick("Sent")).to_be_visible()
    line.release()
    expect(widget.tick("Sent").or_(widget.tick("Delivered"))).to_have_count(1)
    agent = agent_of(desk_server)
    agent.write(only_conversation(agent), "On its way")
    expect(widget.log.get_by_text("On its way")).to_be_visible()
    began = next(number for number, thread in enumerate(seen()) if thread)
    assert all(thread.count("Where is my kettle?") == 1 for thread in seen()[began:])


def test_what_is_sent_before_the_server_answers_is_shown_and_sent_later(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    page = open_page(f"{desk_server.url}/home")
    widget = WidgetScreen(page)
    waiting: list[Route] = []
    page.route("**/api/v1/visitors", lambda route: waiting.append(route))
    widget.launcher.click()
    widget.write("Is anybody there?")
    widget.write("Hello?")
    expect(widget.tick("Sending")).to_have_count(1)
    for route in waiting:
        route.abort()
    page.unroute("**/api/v1/visitors")
    expect(widget.tick("Sending")).to_have_count(0, timeout=30_000)
    assert widget.bubbles() == ["Is anybody there?", "Hello?"]
    agent = agent_of(desk_server)
    thread = agent.thread(only_conversation(agent))
    assert [message["body"] for message in thread] == ["Is anybody there?", "Hello?"]


def test_what_is_typed_before_the_server_answers_joins_the_draft(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    page = open_page(f"{desk_server.url}/home", MIA)
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Hello")
    expect(widget.tick("Sent")).to_be_visible()
    widget.field.fill("half a thought")
    waiting: list[Route] = []
    page.route("**/api/v1/visitors", lambda route: waiting.append(route))
    with page.expect_request("**/api/v1/visitors"):
        page.reload()
        widget.launcher.click()
    widget.field.fill("and another")
    for route in waiting:
        route.continue_()
    page.unroute("**/api/v1/visitors")
    expect(widget.field).to_have_value("half a thought\nand another")
    expect(widget.log.get_by_text("Hello", exact=True)).to_be_visible()


@pytest.mark.parametrize("how", ["click", "tap", "keyboard", "enter"])
def test_one_goes_on_typing_after_sending(
    desk_server: ProcessServer, open_page: NewPage, how: str
) -> None:
    page = open_page(f"{desk_server.url}/home", MIA, size="phone" if how == "tap" else "desktop")
    widget = WidgetScreen(page)
    widget.open()
    widget.field.click()
    page.keyboard.type("First")
    send = widget.panel.get_by_role("button", name="Send")
    if how == "click":
        send.click()
    elif how == "tap":
        send.tap()
    elif how == "keyboard":
        page.keyboard.press("Tab")
        expect(send).to_be_focused()
        page.keyboard.press("Enter")
    else:
        page.keyboard.press("Enter")
    page.keyboard.type("Second")
    expect(widget.field).to_have_value("Second")
    expect(widget.field).to_be_focused()
    assert widget.bubbles() == ["First"]


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_a_panel_that_cannot_be_loaded_says_so_and_comes_with_the_next_try(
    desk_server: ProcessServer, open_page: NewPage, size: str
) -> None:
    page = open_page("about:blank", size=size)
    page.route("**/static/panel-*", lambda route: route.abort())
    page.goto(f"{desk_server.url}/home")
    widget = WidgetScreen(page)
    widget.launcher.click()
    failure = page.get_by_text("The chat could not be loaded.")
    expect(failure).to_be_in_viewport(ratio=1)
    widget.launcher.click()
    expect(failure).to_be_in_viewport(ratio=1)
    page.unroute("**/static/panel-*")
    widget.open()
    expect(failure).to_be_hidden()
    widget.write("There you are")
    expect(widget.tick("Sent")).to_be_visible()


def refuse(status: int, **headers: str) -> Callable[[Route], None]:
    problem: dict[str, Any] = {"code": "unavailable", "status": status, "detail": "Not now."}
    return lambda route: route.fulfill(
        status=status,
        headers={"Content-Type": "application/problem+json", **headers},
        body=json.dumps(problem),
    )


@pytest.mark.parametrize("path", ["visitors", "conversations?*"])
def test_a_server_that_is_back_is_found_without_a_click(
    desk_server: ProcessServer, open_page: NewPage, path: str
) -> None:
    page = open_page("about:blank")
    page.route(f"**/api/v1/{path}", refuse(503))
    page.goto(f"{desk_server.url}/home")
    widget = WidgetScreen(page)
    widget.launcher.click()
    expect(widget.panel.get_by_text("We cannot be reached right now.")).to_be_visible()
    with page.expect_request(f"**/api/v1/{path}", timeout=30_000):
        pass
    page.unroute(f"**/api/v1/{path}")
    expect(widget.panel.get_by_text("We cannot be reached")).to_be_hidden(timeout=40_000)
    widget.write("There you are")
    expect(widget.tick("Sent")).to_be_visible()


def test_a_thread_that_could_not_be_loaded_comes_without_a_click(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    page = open_page(f"{desk_server.url}/home")
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Where is my kettle?")
    expect(widget.tick("Sent")).to_be_visible()
    page.route("**/api/v1/conversations/*/messages?*", refuse(503))
    page.reload()
    widget.launcher.click()
    expect(widget.log.get_by_text("We cannot be reached right now.")).to_be_visible()
    page.unroute("**/api/v1/conversations/*/messages?*")
    expect(widget.log.get_by_text("Where is my kettle?", exact=True)).to_be_visible(timeout=40_000)


class HeldAnswers:
    """The server has done what a page asked for, and the page learns of it later.

    Args:
        page: Which asks.
        url: A pattern of what is asked for.
        wanted: Which requests; the others go on.
    """

    def __init__(self, page: Page, url: str, wanted: Callable[[Request], bool]) -> None:
        self._page = page
        self._held: list[tuple[Route, APIResponse]] = []

        def hold(route: Route) -> None:
            if wanted(route.request):
                self._held.append((route, route.fetch()))
            else:
                route.continue_()

        page.route(url, hold)

    def wait(self, number: int = 1) -> Any:
        """The JSON of so many answers' last, once the server has given it."""
        while len(self._held) < number:
            self._page.wait_for_timeout(50)
        return self._held[number - 1][1].json()

    def release(self) -> None:
        """Hand over all of them, in their order."""
        for route, response in self._held:
            route.fulfill(response=response)


def held_posts(page: Page) -> HeldAnswers:
    return HeldAnswers(page, "**/api/v1/conversations", lambda request: request.method == "POST")


def second_tab(context: BrowserContext, url: str) -> WidgetScreen:
    page = context.new_page()
    page.goto(f"{url}/home")
    return WidgetScreen(page)


def test_an_open_tab_learns_of_a_conversation_begun_in_another(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    first = WidgetScreen(open_page(f"{desk_server.url}/home"))
    first.open()
    second = second_tab(first.page.context, desk_server.url)
    second.open()
    first.write("Begun here")
    expect(second.log.get_by_text("Begun here", exact=True)).to_be_visible()
    second.write("Continued there")
    expect(first.log.get_by_text("Continued there", exact=True)).to_be_visible()
    second.expect_sent()
    agent = agent_of(desk_server)
    assert len(agent.thread(only_conversation(agent))) == 2


def test_a_tab_that_is_just_starting_learns_of_a_conversation_begun_in_another(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    """Its list was made before the conversation, and arrives after it."""
    first = WidgetScreen(open_page(f"{desk_server.url}/home"))
    first.open()
    page = first.page.context.new_page()
    asked = itertools.count()
    held = HeldAnswers(page, "**/api/v1/conversations?limit=20", lambda _: next(asked) == 0)
    page.goto(f"{desk_server.url}/home")
    second = WidgetScreen(page)
    second.launcher.click()
    assert held.wait()["items"] == []
    first.write("Begun here")
    expect(first.tick("Sent")).to_be_visible()
    held.release()
    expect(second.log.get_by_text("Begun here", exact=True)).to_be_visible()


def test_a_tab_that_sends_for_another_one_shows_the_conversation(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    """What is stored to be sent is sent by whichever tab is first."""
    first = WidgetScreen(open_page(f"{desk_server.url}/home"))
    first.open()
    second = second_tab(first.page.context, desk_server.url)
    second.open()
    held: list[Route] = []
    first.page.route("**/outbox-*.js", lambda route: held.append(route))
    first.write("Begun here")
    expect(second.log.get_by_text("Begun here", exact=True)).to_be_visible()
    expect(first.log.get_by_text("Begun here", exact=True)).to_have_count(1)
    for route in held:
        route.continue_()
    second.write("Continued there")
    expect(first.log.get_by_text("Continued there", exact=True)).to_be_visible()
    second.expect_sent()
    agent = agent_of(desk_server)
    assert len(agent.thread(only_conversation(agent))) == 2


@pytest.mark.parametrize("draft", ["", "And one more thing"])
def test_what_another_tab_sends_stays_on_the_screen(
    desk_server: ProcessServer, open_page: NewPage, draft: str
) -> None:
    """Also when this tab learns of the conversation before the other one has its answer."""
    first = WidgetScreen(open_page(f"{desk_server.url}/home"))
    first.open()
    second = second_tab(first.page.context, desk_server.url)
    second.open()
    first.page.route("**/outbox-*.js", lambda route: None)
    held = held_posts(second.page)
    seen = watch_thread(first.page)
    first.write("Begun here")
    held.wait()
    # The first tab has listed the conversation once it counts what an agent says in it.
    agent = agent_of(desk_server)
    conversation = only_conversation(agent)
    agent.write(conversation, "We have read it")
    expect(first.panel.locator("header .plain .dot")).to_be_visible()
    first.field.fill(draft)
    held.release()
    expect(first.log.get_by_text("We have read it", exact=True)).to_be_visible()
    shown = seen()
    assert all(
        bubbles.count("Begun here") == 1 for bubbles in shown[shown.index(["Begun here"]) :]
    ), shown
    expect(first.field).to_have_value(draft)
    # Whoever writes before that begins a conversation of their own.
    expect(second.log.get_by_text("We have read it", exact=True)).to_be_visible()
    second.write("Continued there")
    expect(first.log.get_by_text("Continued there", exact=True)).to_be_visible()
    second.expect_sent()
    assert len(agent.thread(conversation)) == 3


def test_what_the_visitor_before_had_sent_changes_nothing_when_its_answer_comes(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    page = open_page(f"{desk_server.url}/home")
    widget = WidgetScreen(page)
    widget.open()
    page.evaluate("void campfire.on('conversation', ({id}) => (window.begun ??= []).push(id))")
    held = held_posts(page)
    widget.write("Before")
    held.wait()
    page.evaluate("campfire.shutdown(), campfire.boot()")
    widget.open()
    expect(widget.log.get_by_text("Before", exact=True)).to_have_count(0)
    seen = watch_thread(page)
    widget.write("After")
    after = held.wait(2)
    held.release()
    widget.expect_sent()
    shown = seen()
    assert all(thread == ["After"] for thread in shown[shown.index(["After"]) :]), shown
    assert page.evaluate("window.begun") == [after["id"]]


def test_a_draft_stays_when_another_tab_begins_a_conversation(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    page = open_page(f"{desk_server.url}/home")
    first = WidgetScreen(page)
    first.open()
    second = second_tab(page.context, desk_server.url)
    second.open()
    first.field.fill("A draft")
    second.write("Begun here")
    # The draft stays where it was written, and the list has the conversation.
    back = first.panel.get_by_role("button", name="All conversations")
    expect(back).to_be_visible()
    expect(first.field).to_have_value("A draft")
    first.field.fill("")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(first.log.get_by_text("Begun here", exact=True)).to_be_visible()


def test_a_conversation_that_an_agent_begins_appears(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    widget = WidgetScreen(open_page(f"{desk_server.url}/home"))
    widget.open()
    widget.write("Where is my kettle?")
    expect(widget.tick("Sent")).to_be_visible()
    agent = agent_of(desk_server)
    contact = agent.get(f"/conversations/{only_conversation(agent)}")["contact"]["id"]
    agent.begin("Your order is on its way", contact_id=contact)
    # What is open stays open.
    widget.panel.get_by_role("button", name="All conversations").click()
    expect(widget.log).to_have_count(0)
    row = widget.panel.get_by_role("button", name=re.compile("Your order is on its way"))
    expect(row.get_by_role("img", name="1 unread")).to_be_visible()
    # Nobody has opened the panel since the page was loaded.
    widget.page.reload()
    expect(widget.launcher).to_have_accessible_name("Open chat, 1 unread")
    agent.begin("It has arrived", contact_id=contact)
    expect(widget.launcher).to_have_accessible_name("Open chat, 2 unread")


def test_the_badge_of_a_tab_that_was_never_opened(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    first = WidgetScreen(open_page(f"{desk_server.url}/home"))
    second = second_tab(first.page.context, desk_server.url)
    expect(second.launcher).to_be_visible()
    first.open()
    first.write("Begun here")
    expect(first.tick("Sent")).to_be_visible()
    first.page.keyboard.press("Escape")
    expect(first.panel).to_be_hidden()
    agent = agent_of(desk_server)
    agent.write(only_conversation(agent), "Answered")
    expect(second.launcher).to_have_accessible_name("Open chat, 1 unread")


def test_the_head_and_the_notice_say_the_same(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    page = open_page("about:blank")
    line = Line(page)
    page.goto(f"{desk_server.url}/home")
    widget = WidgetScreen(page)
    widget.open()
    states = re.compile("^(Online|Away|Busy right now|Not here now)$")
    reconnecting = widget.panel.get_by_text(re.compile("^Reconnecting"))
    expect(widget.panel.get_by_text(states)).to_be_visible()
    line.cut()
    expect(reconnecting).to_be_visible()
    expect(widget.panel.get_by_text(states)).to_have_count(0)
    line.release()
    expect(reconnecting).to_have_count(0, timeout=40_000)
    expect(widget.panel.get_by_text(states)).to_be_visible()


def test_a_key_does_not_make_the_thread_anew(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    page = open_page(f"{desk_server.url}/home")
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Hello?")
    expect(widget.tick("Sent")).to_be_visible()
    agent = agent_of(desk_server)
    conversation = only_conversation(agent)
    for number in range(100):
        agent.write(conversation, f"Answer {number}")
    expect(widget.log.get_by_text("Answer 99", exact=True)).to_be_visible()
    page.evaluate(
        """() => {
            const log = document.querySelector('campfire-chat').shadowRoot.querySelector('.log');
            window.work = {mutations: 0, times: 0, dates: 0};
            new MutationObserver((records) => (work.mutations += records.length)).observe(
                log, {subtree: true, childList: true, attributes: true, characterData: true});
            const prototype = Date.prototype;
            const {toLocaleTimeString, toDateString} = prototype;
            prototype.toLocaleTimeString = function (...rest) {
                work.times++;
                return toLocaleTimeString.apply(this, rest);
            };
            prototype.toDateString = function () {
                work.dates++;
                return toDateString.apply(this);
            };
        }"""
    )
    widget.field.press_sequentially("ten keys..")
    expect(widget.field).to_have_value("ten keys..")
    work = page.evaluate("window.work")
    assert work["mutations"] == work["times"] == 0
    # The thread looks what day it is, once for each rendering, and not once for each message.
    assert work["dates"] < 100
    # A message makes its own row, and those beside it.
    agent.write(conversation, "One more")
    expect(widget.log.get_by_text("One more", exact=True)).to_be_visible()
    assert page.evaluate("window.work.times") < 20
