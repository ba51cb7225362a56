"""What is written before the server has said who the visitor is, and before the code that sends
has arrived: it is sent once, also after a reload, and never in somebody else's name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from campfire_chat import Visitor
from tests.browser.conftest import NewPage
from tests.browser.screens import WidgetScreen
from tests.browser.test_sending import agent_of, only_conversation, second_tab
from tests.support.host import COOKIE, session_of
from tests.support.people import Person
from tests.support.servers import ProcessServer

MIA = Visitor(id="mia", name="Mia Berger")
TOM = Visitor(id="tom", name="Tom Meyer")
VISITORS = "**/api/v1/visitors"
OUTBOX = "**/static/outbox-*"
NOTICE = "Not sent yet. Your messages are kept."


def hold(page: Page, pattern: str) -> Callable[[], None]:
    """Has the page wait for it; returns what lets everything through from then on."""
    waiting: list[Route] = []

    def keep(route: Route) -> None:
        waiting.append(route)

    page.context.route(pattern, keep)

    def release() -> None:
        for route in waiting:
            route.continue_()
        page.context.unroute(pattern, keep)

    return release


def reload(page: Page) -> None:
    """The requests that wait go with the page."""
    page.reload(wait_until="commit")


def thread_of(server: ProcessServer) -> list[tuple[str | None, str]]:
    """Who wrote what in the only conversation there is."""
    agent = agent_of(server)
    thread = agent.thread(only_conversation(agent))
    return [(message["sender"]["name"], message["body"]) for message in thread]


def kept(page: Page, text: str) -> bool:
    """Whether this browser has stored something with that text."""
    found: list[str] = page.evaluate("Object.values(localStorage)")
    return any(text in value for value in found)


def sign_in(page: Page, server: ProcessServer, user: Visitor) -> None:
    page.context.add_cookies([{"name": COOKIE, "value": session_of(user), "url": server.url}])


def test_a_reload_sends_what_a_stranger_wrote_early(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    page = open_page(f"{desk_server.url}/home")
    widget = WidgetScreen(page)
    release = hold(page, VISITORS)
    widget.launcher.click()
    widget.write("Is anybody there?")
    widget.write("Hello?")
    reload(page)
    # Nobody opens the panel: what waits is sent all the same.
    expect(widget.launcher).to_be_visible()
    release()
    widget.open()
    widget.expect_sent()
    widget.expect_bubbles("Is anybody there?", "Hello?")
    assert [body for _, body in thread_of(desk_server)] == ["Is anybody there?", "Hello?"]
    reload(page)
    widget.open()
    expect(widget.log.get_by_text("Hello?", exact=True)).to_be_visible()
    assert len(thread_of(desk_server)) == 2


def test_what_a_known_visitor_wrote_early_joins_the_open_conversation(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    page = open_page(f"{desk_server.url}/home", MIA)
    widget = WidgetScreen(page)
    widget.open()
    widget.write("First")
    expect(widget.tick("Sent")).to_be_visible()
    release = hold(page, VISITORS)
    reload(page)
    widget.launcher.click()
    widget.write("Second")
    reload(page)
    expect(widget.launcher).to_be_visible()
    release()
    widget.open()
    expect(widget.log.get_by_text("Second", exact=True)).to_be_visible()
    widget.expect_sent()
    # What waits to be sent is on the screen before the thread is.
    widget.expect_bubbles("First", "Second")
    assert [body for _, body in thread_of(desk_server)] == ["First", "Second"]


def test_two_tabs_send_it_once(desk_server: ProcessServer, open_page: NewPage) -> None:
    page = open_page(f"{desk_server.url}/home")
    first = WidgetScreen(page)
    waiting: list[Route] = []
    page.route(VISITORS, lambda route: waiting.append(route))
    first.launcher.click()
    first.write("Once only")
    second = second_tab(page.context, desk_server.url)
    second.open()
    expect(second.log.get_by_text("Once only", exact=True)).to_be_visible()
    second.expect_sent()
    for route in waiting:
        route.continue_()
    page.unroute(VISITORS)
    first.expect_sent()
    first.expect_bubbles("Once only")
    assert [body for _, body in thread_of(desk_server)] == ["Once only"]


@pytest.mark.parametrize("known", [True, False], ids=["known", "first visit"])
def test_another_person_finds_and_sends_nothing_of_it(
    desk_server: ProcessServer, open_page: NewPage, known: bool
) -> None:
    page = open_page(f"{desk_server.url}/home", MIA)
    widget = WidgetScreen(page)
    if known:
        widget.open()
    release = hold(page, VISITORS)
    if known:
        reload(page)
    widget.launcher.click()
    widget.write("Mia's secret")
    sign_in(page, desk_server, TOM)
    reload(page)
    expect(widget.launcher).to_be_visible()
    release()
    widget.open()
    expect(widget.log.get_by_text("How can we help?")).to_be_visible()
    assert widget.bubbles() == []
    assert not kept(page, "secret")
    widget.write("Tom's question")
    expect(widget.tick("Sent")).to_be_visible()
    assert thread_of(desk_server) == [("Tom Meyer", "Tom's question")]


def test_shutdown_forgets_it(desk_server: ProcessServer, open_page: NewPage) -> None:
    page = open_page(f"{desk_server.url}/home")
    widget = WidgetScreen(page)
    release = hold(page, VISITORS)
    widget.launcher.click()
    widget.write("A secret")
    reload(page)
    expect(widget.launcher).to_be_visible()
    page.evaluate("campfire.shutdown()")
    assert not kept(page, "secret")
    release()


def test_what_the_server_says_after_a_shutdown_is_forgotten(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    """A page may call it before the server has said who the visitor is."""
    page = open_page(f"{desk_server.url}/home")
    widget = WidgetScreen(page)
    widget.open()
    widget.write("A secret")
    widget.expect_sent()
    release = hold(page, VISITORS)
    with page.expect_request(VISITORS):
        reload(page)
        # By the keyboard or the pointer: the panel comes, and takes up the visit.
        widget.launcher.focus()
    page.evaluate("campfire.shutdown()")
    with page.expect_response(VISITORS):
        release()
    second = second_tab(page.context, desk_server.url)
    second.open()
    expect(second.log.get_by_text("How can we help?")).to_be_visible()
    expect(second.log.get_by_text("A secret")).to_have_count(0)


def test_enter_before_the_code_that_sends_has_arrived(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    page = open_page(f"{desk_server.url}/home")
    release = hold(page, OUTBOX)
    widget = WidgetScreen(page)
    widget.open()
    with page.expect_request(OUTBOX):
        widget.write("Quick")
    widget.write("and quicker")
    expect(widget.tick("Sending")).to_have_count(1)
    release()
    widget.expect_sent()
    widget.expect_bubbles("Quick", "and quicker")
    assert [body for _, body in thread_of(desk_server)] == ["Quick", "and quicker"]


@pytest.mark.parametrize("reloaded", [False, True], ids=["waits", "reload"])
def test_code_that_cannot_be_loaded_is_tried_again(
    desk_server: ProcessServer, open_page: NewPage, reloaded: bool
) -> None:
    page = open_page("about:blank")
    page.route(OUTBOX, lambda route: route.abort())
    page.goto(f"{desk_server.url}/home")
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Where is my kettle?")
    expect(widget.panel.get_by_text(NOTICE)).to_be_visible()
    expect(widget.tick("Sending")).to_be_visible()
    if reloaded:
        reload(page)
        widget.launcher.click()
        expect(widget.log.get_by_text("Where is my kettle?", exact=True)).to_be_visible()
        expect(widget.panel.get_by_text(NOTICE)).to_be_visible()
    page.unroute(OUTBOX)
    expect(widget.tick("Sent")).to_be_visible(timeout=40_000)
    expect(widget.panel.get_by_text(NOTICE)).to_have_count(0)
    assert [body for _, body in thread_of(desk_server)] == ["Where is my kettle?"]


def test_links_and_pictures_that_come_late(desk_server: ProcessServer, open_page: NewPage) -> None:
    """Their code is loaded on need as well: until it is there, text stays text."""
    page = open_page("about:blank")
    for part in ("markup", "pictures", "sight"):
        page.route(f"**/static/{part}-*", lambda route: route.abort())
    page.goto(f"{desk_server.url}/home")
    widget = WidgetScreen(page)
    widget.open()
    widget.write("See https://example.org/kettles?")
    expect(widget.tick("Sent")).to_be_visible()
    expect(widget.log.get_by_role("link")).to_have_count(0)
    agent = agent_of(desk_server)
    conversation = only_conversation(agent)
    agent.write(conversation, "I do.")
    expect(widget.log.get_by_text("I do.", exact=True)).to_be_visible()
    for part in ("markup", "pictures", "sight"):
        page.unroute(f"**/static/{part}-*")
    link = widget.log.get_by_role("link", name="https://example.org/kettles")
    expect(link).to_be_visible(timeout=40_000)
    assert read_by_visitor(page, agent, conversation)


def read_by_visitor(page: Page, agent: Person, conversation: str) -> bool:
    for _ in range(600):
        found = agent.get(f"/conversations/{conversation}")
        marks = [mark for mark in found["receipts"] if mark["participant"]["kind"] == "visitor"]
        if marks and marks[0]["read"] == found["head"]:
            return True
        page.wait_for_timeout(50)
    return False
