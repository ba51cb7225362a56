"""A message that the host app refuses, or changes, on both screens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from campfire_chat import Agent, Visitor
from tests.browser.conftest import NewPage
from tests.browser.screens import ConsoleScreen, WidgetScreen
from tests.support.servers import ProcessServer, process_server

REASON = "Please never send a password."


@pytest.fixture
def server(database_url: str) -> Iterator[ProcessServer]:
    with process_server(database_url, target="tests.hooks.before_app:app") as server:
        yield server


def test_why_it_was_refused_is_at_the_message_and_its_text_can_be_mended(
    server: ProcessServer, open_page: NewPage
) -> None:
    widget = WidgetScreen(open_page(f"{server.url}/home", Visitor(id="mia", name="Mia")))
    widget.open()
    widget.write("My password is tea")
    expect(widget.log.get_by_text(f"Not sent. {REASON}")).to_be_visible()
    widget.log.get_by_role("button", name="Edit").click()
    expect(widget.field).to_have_value("My password is tea")
    expect(widget.log.get_by_text(REASON)).to_have_count(0)
    widget.field.fill("It is 4111")
    widget.field.press("Enter")
    # What the host app has changed is shown as it is stored.
    expect(widget.log.get_by_text("It is ****", exact=True)).to_be_visible()
    expect(widget.log.get_by_text("It is 4111", exact=True)).to_have_count(0)

    console = ConsoleScreen(
        open_page(f"{server.url}/support/console/", Agent(id="ada", name="Ada"))
    )
    console.show("All")
    console.enter("Mia")
    console.answer("Your password?")
    alert = console.log.get_by_role("alert").filter(has_text=REASON)
    expect(alert).to_be_visible()
    console.field.fill("And thanks")
    alert.get_by_role("button", name="Edit").click()
    expect(console.field).to_have_value("Your password?\nAnd thanks")
    expect(console.field).to_be_focused()
    expect(alert).to_have_count(0)
    console.field.fill("Not 4111, I hope")
    console.field.press("Enter")
    expect(console.log.get_by_text("Not ****, I hope", exact=True)).to_be_visible()
    expect(console.log.get_by_text("Not 4111, I hope", exact=True)).to_have_count(0)
    expect(widget.log.get_by_text("Not ****, I hope", exact=True)).to_be_visible()
    expect(console.tick("Read").or_(console.tick("Delivered")).first).to_be_visible()
    assert console.bubbles() == ["It is ****", "Not ****, I hope"]
