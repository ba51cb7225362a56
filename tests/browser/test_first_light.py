"""A visitor writes in the widget, an agent answers in the console."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from campfire_chat import Agent, Visitor
from tests.browser.conftest import NewPage
from tests.browser.screens import ConsoleScreen, WidgetScreen
from tests.support.servers import ProcessServer

pytestmark = pytest.mark.every_engine

MIA = Visitor(id="mia", name="Mia Berger")
ADA = Agent(id="ada", name="Ada Lovelace")


def test_a_visitor_and_an_agent_talk(desk_server: ProcessServer, open_page: NewPage) -> None:
    url = desk_server.url
    widget = WidgetScreen(open_page(f"{url}/home", MIA))
    expect(widget.launcher).to_be_visible()
    assert widget.page.evaluate("Object.keys(localStorage).length") == 0
    widget.open()
    widget.write("Where is my kettle?")
    expect(widget.tick("Sent")).to_be_visible()

    console = ConsoleScreen(open_page(f"{url}/support/console/", ADA))
    console.show("Unassigned")
    expect(console.row("Mia Berger")).to_be_visible()
    widget.write("Hello?")
    expect(widget.tick("Delivered").first).to_be_visible()
    console.enter("Mia Berger")
    expect(console.log.get_by_text("Where is my kettle?", exact=True)).to_be_visible()
    expect(widget.tick("Read").first).to_be_visible()
    expect(widget.tick("Delivered")).to_have_count(0)

    widget.field.press_sequentially("It was", delay=30)
    expect(console.typing.first).to_be_visible()
    expect(console.typing).to_have_count(0)
    widget.field.fill("")

    console.field.press_sequentially("Let me", delay=30)
    expect(widget.typing).to_be_visible()
    console.answer("Let me have a look.")
    expect(widget.log.get_by_text("Let me have a look.", exact=True)).to_be_visible()
    expect(widget.typing).to_have_count(0)
    expect(console.tick("Read")).to_be_visible()


def test_a_reload_loses_nothing(desk_server: ProcessServer, open_page: NewPage) -> None:
    widget = WidgetScreen(open_page(f"{desk_server.url}/home"))
    widget.open()
    widget.write("I am a stranger.")
    expect(widget.tick("Sent")).to_be_visible()
    widget.page.reload()
    widget.launcher.click()
    expect(widget.log.get_by_text("I am a stranger.", exact=True)).to_be_visible()


def test_what_was_written_offline_is_sent_later(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    url = desk_server.url
    widget = WidgetScreen(open_page(f"{url}/home", MIA))
    widget.open()
    widget.write("First")
    expect(widget.tick("Sent")).to_be_visible()
    desk_server.kill()
    widget.write("Written while nobody was there")
    expect(widget.tick("Sending")).to_be_visible()
    desk_server.start()
    expect(widget.tick("Sending")).to_have_count(0, timeout=40_000)
    assert widget.bubbles() == ["First", "Written while nobody was there"]


@pytest.mark.slow
def test_killed_in_a_burst_both_screens_converge(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    url = desk_server.url
    widget = WidgetScreen(open_page(f"{url}/home", MIA))
    widget.open()
    widget.write("0")
    expect(widget.tick("Sent")).to_be_visible()
    console = ConsoleScreen(open_page(f"{url}/support/console/", ADA))
    console.show("Unassigned")
    console.enter("Mia Berger")
    # What is typed before the conversation is there is kept, but the field may go until it is.
    expect(console.log.get_by_text("0", exact=True)).to_be_visible()
    expected = ["0"]
    for number in range(1, 21):
        for screen, name in ((widget, "visitor"), (console, "agent")):
            text = f"{name} {number}"
            screen.field.fill(text)
            screen.field.press("Enter")
            expected.append(text)
        if number == 10:
            desk_server.kill()
        if number == 15:
            desk_server.start()
    for screen in (widget, console):
        expect(screen.tick("Sending")).to_have_count(0, timeout=60_000)
        for text in expected:
            expect(screen.log.get_by_text(text, exact=True)).to_have_count(1, timeout=40_000)
    assert sorted(widget.bubbles()) == sorted(expected)
    assert widget.bubbles() == console.bubbles()
    for name in ("visitor", "agent"):
        own = [text for text in widget.bubbles() if text.startswith(name)]
        assert own == [text for text in expected if text.startswith(name)]
