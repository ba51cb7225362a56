"""The main stories of widget and console in Firefox and WebKit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import pytest

from campfire_chat import Agent, Visitor
from tests.support import host
from tests.support.engines import copy_sqlite
from tests.support.other_browsers import Tab, firefox, firefox_path, webkit, webkit_paths
from tests.support.servers import ProcessServer, process_server

MIA = Visitor(id="mia", name="Mia Berger")
ADA = Agent(id="ada", name="Ada Lovelace")

# Selenium's driver of WebKitGTK calls what Selenium itself has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:setting remote_server_addr:DeprecationWarning")

LAUNCHER = "button[aria-expanded]"
FIELD = "textarea"
IN_WIDGET = "[role=log] p.bubble"
IN_CONSOLE = ".bubble-text"
TICK = "[role=log] [role=img]"


class OtherBrowser(Protocol):
    def open(self, url: str) -> Tab: ...


@pytest.fixture(scope="module", params=["firefox", "webkit"])
def other_browser(request: pytest.FixtureRequest) -> Iterator[OtherBrowser]:
    if request.param == "firefox":
        if (path := firefox_path()) is None:
            pytest.skip("Firefox is not installed (Debian: firefox-esr)")
        with firefox(path) as browser:
            yield browser
    else:
        if (paths := webkit_paths()) is None:
            pytest.skip("WebKitGTK is not installed (Debian: webkit2gtk-driver, xvfb)")
        with webkit(*paths) as browser:
            yield browser


@pytest.fixture
def desk_server(sqlite_template: Path, tmp_path: Path) -> Iterator[ProcessServer]:
    """A host on SQLite alone: what a browser does differently does not depend on the database."""
    url = copy_sqlite(sqlite_template, tmp_path / "desk.db")
    with process_server(url, presence_beat=2.0, presence_life=6.0) as server:
        yield server


def signed_in(browser: OtherBrowser, server: ProcessServer, user: Agent | Visitor) -> Tab:
    """A tab of somebody who has signed in to the host."""
    return browser.open(f"{server.url}/sign-in?session={quote(host.session_of(user))}")


def at_home(browser: OtherBrowser, server: ProcessServer, user: Visitor | None = None) -> Tab:
    """A visitor's tab with the chat open."""
    home = f"{server.url}/home"
    if user is None:
        tab = browser.open(home)
    else:
        tab = signed_in(browser, server, user)
        tab.goto(home)
    tab.click(LAUNCHER)
    tab.expect(FIELD)
    return tab


def say(tab: Tab, text: str, bubble: str) -> None:
    tab.type(FIELD, text)
    tab.press("Enter")
    tab.expect(bubble, text)


def test_a_visitor_and_an_agent_talk(
    desk_server: ProcessServer, other_browser: OtherBrowser
) -> None:
    widget = at_home(other_browser, desk_server, MIA)
    say(widget, "Where is my kettle?", IN_WIDGET)
    widget.expect(TICK, "Sent")

    console = signed_in(other_browser, desk_server, ADA)
    console.goto(f"{desk_server.url}/support/console/")
    console.click(".rail-view", "Unassigned")
    console.click("a", "Mia Berger")
    console.expect(IN_CONSOLE, "Where is my kettle?")
    say(console, "Let me have a look.", IN_CONSOLE)

    widget.expect(IN_WIDGET, "Let me have a look.")
    widget.expect(TICK, "Read")
    say(widget, "Thank you!", IN_WIDGET)
    console.expect(IN_CONSOLE, "Thank you!")


def test_a_stranger_finds_their_conversation_after_a_reload(
    desk_server: ProcessServer, other_browser: OtherBrowser
) -> None:
    widget = at_home(other_browser, desk_server)
    say(widget, "I am a stranger.", IN_WIDGET)
    widget.expect(TICK, "Sent")
    widget.goto(f"{desk_server.url}/home")
    widget.click(LAUNCHER)
    widget.expect(IN_WIDGET, "I am a stranger.")


def test_what_was_written_during_an_outage_is_sent_after_it(
    desk_server: ProcessServer, other_browser: OtherBrowser
) -> None:
    widget = at_home(other_browser, desk_server, MIA)
    say(widget, "First", IN_WIDGET)
    widget.expect(TICK, "Sent")
    desk_server.kill()
    say(widget, "Written while nobody was there", IN_WIDGET)
    widget.expect(TICK, "Sending")
    desk_server.start()
    widget.wait(lambda: not widget.sees(TICK, "Sending"), "both messages sent")
    bubbles = widget.evaluate(
        "[...document.querySelectorAll('*')].flatMap((each) => each.shadowRoot ?? [])"
        f".flatMap((root) => [...root.querySelectorAll({IN_WIDGET!r})])"
        ".map((each) => each.innerText)"
    )
    assert bubbles == ["First", "Written while nobody was there"]
