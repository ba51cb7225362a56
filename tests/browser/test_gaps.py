"""What happens while a page has no socket yet, or none any more, is on the screen afterwards."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Page, WebSocketRoute, expect

from campfire_chat import Agent, Visitor
from tests.browser.conftest import PATIENCE, NewPage
from tests.browser.screens import ConsoleScreen, WidgetScreen
from tests.support.servers import ProcessServer

MIA = Visitor(id="mia", name="Mia Berger")
ADA = Agent(id="ada", name="Ada Lovelace")


class Line:
    """The line of a page's sockets. While it is held, the page connects and hears nothing."""

    def __init__(self, page: Page, *, held: bool = False) -> None:
        self._held = held
        self._open: list[WebSocketRoute] = []
        self._waiting: list[tuple[WebSocketRoute, list[str | bytes]]] = []
        page.route_web_socket(re.compile(r"/support/ws$"), self._opened)

    def _opened(self, route: WebSocketRoute) -> None:
        if not self._held:
            route.connect_to_server()
            self._open.append(route)
            return
        said: list[str | bytes] = []
        route.on_message(lambda message: said.append(message))
        self._waiting.append((route, said))

    def cut(self) -> None:
        """Close every socket, and hold those that follow."""
        self._held = True
        while self._open:
            self._open.pop().close(code=1001)

    def tell(self, frame: str) -> None:
        """Say something to the page that the server has not said."""
        self._open[-1].send(frame)

    def release(self) -> None:
        """Let the sockets through, with what was said meanwhile."""
        self._held = False
        for route, said in self._waiting:
            server = route.connect_to_server()
            for message in said:
                server.send(message)
            route.on_message(lambda message, server=server: server.send(message))
            self._open.append(route)
        self._waiting.clear()


def on_a_line(
    open_page: NewPage, server: ProcessServer, user: Agent | Visitor, *, held: bool = False
) -> tuple[Page, Line]:
    """A page of somebody that is still empty, so that its first socket is on the line as well."""
    page = open_page("about:blank")
    line = Line(page, held=held)
    page.context.add_cookies(open_page(f"{server.url}/home", user).context.cookies())
    return page, line


def visitor_who_wrote(page: Page, url: str) -> WidgetScreen:
    page.goto(f"{url}/home")
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Where is my kettle?")
    expect(widget.tick("Sent")).to_be_visible()
    return widget


def agent_who_reads(open_page: NewPage, url: str) -> ConsoleScreen:
    console = ConsoleScreen(open_page(f"{url}/support/console/", ADA))
    console.show("Unassigned")
    console.enter("Mia Berger")
    return console


def read_by(page: Page, kind: str) -> int:
    """Up to which message the newest conversation was read, as an agent's page is told."""
    conversations = "/support/api/v1/conversations"
    latest = page.evaluate("url => fetch(url).then(answer => answer.json())", conversations)
    path = f"{conversations}/{latest['items'][0]['id']}"
    conversation = page.evaluate("url => fetch(url).then(answer => answer.json())", path)
    marks = (mark for mark in conversation["receipts"] if mark["participant"]["kind"] == kind)
    return max((mark["read"] for mark in marks), default=0)


def wait_until_read(page: Page) -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while read_by(page, "agent") < 1:
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)


def test_what_comes_between_the_list_and_the_socket_is_shown(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    url = desk_server.url
    page, _ = on_a_line(open_page, desk_server, MIA)
    widget = visitor_who_wrote(page, url)

    page, line = on_a_line(open_page, desk_server, ADA, held=True)
    page.goto(f"{url}/support/console/")
    console = ConsoleScreen(page)
    console.show("Unassigned")
    expect(console.row("Mia Berger")).to_be_visible()
    # The list is there, the position in the inbox's stream is not.
    widget.write("Hello?")
    expect(widget.tick("Sent")).to_be_visible()
    line.release()
    expect(console.row("Mia Berger").filter(has_text="Hello?")).to_be_visible()
    expect(widget.tick("Delivered").first).to_be_visible()


def test_what_was_read_while_the_visitor_was_away_is_ticked(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    url = desk_server.url
    page, line = on_a_line(open_page, desk_server, MIA)
    widget = visitor_who_wrote(page, url)

    line.cut()
    console = agent_who_reads(open_page, url)
    expect(console.log.get_by_text("Where is my kettle?", exact=True)).to_be_visible()
    wait_until_read(console.page)
    expect(widget.tick("Sent")).to_be_visible()
    line.release()
    expect(widget.tick("Read")).to_be_visible()


def test_what_was_read_while_the_panel_was_closed_is_ticked(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    url = desk_server.url
    page, line = on_a_line(open_page, desk_server, MIA)
    widget = visitor_who_wrote(page, url)
    page.keyboard.press("Escape")
    expect(widget.panel).to_be_hidden()

    line.cut()
    console = agent_who_reads(open_page, url)
    wait_until_read(console.page)
    line.release()
    # The stream has begun again with the panel closed: nobody asks then.
    page.wait_for_timeout(1000)
    widget.open()
    expect(widget.tick("Read")).to_be_visible()


def test_the_console_opens_at_a_conversation_that_is_not_in_its_list(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    url = desk_server.url
    page, _ = on_a_line(open_page, desk_server, MIA)
    visitor_who_wrote(page, url)
    console = agent_who_reads(open_page, url)
    address = console.page.url
    console.page.get_by_role("button", name="Resolve", exact=True).click()
    expect(console.row("Mia Berger")).to_have_count(0)
    # The row leaves at once; a page that is left before the server has answered takes the change
    # with it. It says so below, beside the way back; a button above the list is called the same.
    expect(console.page.get_by_role("status").get_by_text("Resolved", exact=True)).to_be_visible()

    # Whoever resolves leaves the conversation; a link, or the button Back, leads to it again.
    console.page.goto(address)
    console.page.reload(wait_until="networkidle")
    expect(console.row("Mia Berger")).to_have_count(0)
    expect(console.page.get_by_role("button", name="Reopen").first).to_be_visible()


def test_who_went_home_while_the_visitor_was_away_is_not_shown_as_online(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    url = desk_server.url
    console = ConsoleScreen(open_page(f"{url}/support/console/", ADA))
    console.show("Unassigned")
    page = open_page("about:blank")
    line = Line(page)
    page.goto(f"{url}/home")
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Is somebody there?")
    expect(widget.tick("Delivered")).to_be_visible()
    expect(widget.panel.get_by_text("Online", exact=True)).to_be_visible()

    line.cut()
    console.be("Away")
    line.release()
    expect(widget.panel.get_by_text("Away", exact=True)).to_be_visible()
