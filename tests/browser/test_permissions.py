"""The console offers only what the agent's role allows."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from campfire_chat import Agent
from tests.browser.conftest import NewPage
from tests.browser.screens import ConsoleScreen
from tests.browser.test_gaps import on_a_line
from tests.support.people import Desk
from tests.support.servers import ProcessServer


def opened(open_page: NewPage, server: ProcessServer, role: str) -> ConsoleScreen:
    """The console of an agent with that role, at a conversation with a note."""
    desk = Desk(f"{server.url}/support", "default")
    conversation = desk.visitor("mia", name="Mia Berger").begin("Do you ship?")["id"]
    desk.agent("boss").write(conversation, "A good customer", visibility="internal")
    agent = Agent(id=role, name="Ada Lovelace", role=role)
    console = ConsoleScreen(open_page(f"{server.url}/support/console/", agent))
    console.show("All")
    console.row("Mia Berger").first.click()
    expect(console.log.get_by_text("Do you ship?", exact=True)).to_be_visible()
    return console


def offered(page: Page) -> dict[str, bool]:
    """What the open conversation offers."""
    buttons = {
        "assign": page.get_by_role("button", name="Assign", exact=True),
        "resolve": page.get_by_role("button", name="Resolve", exact=True),
        "send and resolve": page.get_by_role("button", name="Send and resolve"),
        "reply": page.get_by_role("tab", name="Reply"),
        "note": page.get_by_role("tab", name="Note"),
    }
    return {name: button.count() > 0 for name, button in buttons.items()}


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("agent", {"assign", "resolve", "send and resolve", "reply", "note"}),
        ("tier1", {"reply"}),
        ("viewer", set[str]()),
    ],
)
def test_what_is_not_allowed_is_not_offered(
    desk_server: ProcessServer, open_page: NewPage, role: str, expected: set[str]
) -> None:
    console = opened(open_page, desk_server, role)
    page = console.page
    if expected:
        expect(page.get_by_role("tab", name="Reply")).to_be_visible()
    else:
        expect(page.get_by_text("Your role can read conversations but not answer")).to_be_visible()
    assert {name for name, there in offered(page).items() if there} == expected
    # The note is there for those who may read notes.
    expect(console.log.get_by_text("A good customer")).to_have_count(0 if role == "tier1" else 1)
    page.get_by_role("button", name="Change your availability").click()
    expect(page.get_by_role("group", name="Appearance")).to_be_visible()
    availability = page.get_by_role("option", name="Away")
    expect(availability).to_have_count(0 if role == "tier1" else 1)


def test_keys_do_what_is_allowed_and_nothing_else(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    console = opened(open_page, desk_server, "tier1")
    page = console.page
    for key in ("e", "i", "a", "n"):
        page.keyboard.press(key)
    expect(page.get_by_role("textbox", name="Private note for your team")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("r")
    expect(console.field).to_be_focused()
    console.answer("Yes, we do.")
    page.keyboard.press("Control+.")
    expect(console.field).to_be_focused()
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("role", ["tier2", "nothing"])
def test_without_the_inbox_there_is_no_console(
    desk_server: ProcessServer, open_page: NewPage, role: str
) -> None:
    agent = Agent(id=role, name="Ada Lovelace", role=role)
    page = open_page(f"{desk_server.url}/support/console/", agent)
    expect(page.get_by_role("heading", name="This is the team's console")).to_be_visible()


def test_a_conversation_that_is_narrowed_leaves_the_screen(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    desk = Desk(f"{desk_server.url}/support", "default")
    conversation = desk.visitor("mia", name="Mia Berger").begin("Do you ship?")["id"]
    agent = Agent(id="ada", name="Ada Lovelace", email="labels:beta")
    console = ConsoleScreen(open_page(f"{desk_server.url}/support/console/", agent))
    console.show("All")
    console.enter("Mia Berger")
    expect(console.log.get_by_text("Do you ship?", exact=True)).to_be_visible()
    boss = desk.agent("boss", role="admin")
    boss.patch(f"/conversations/{conversation}", {"access_labels": ["vip"]})
    expect(console.page.get_by_text("This conversation is not here")).to_be_visible()
    expect(console.log.get_by_text("Do you ship?", exact=True)).to_have_count(0)


def test_one_that_is_narrowed_before_its_events_flow_leaves_the_screen(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    desk = Desk(f"{desk_server.url}/support", "default")
    conversation = desk.visitor("mia", name="Mia Berger").begin("Do you ship?")["id"]
    agent = Agent(id="ada", name="Ada Lovelace", email="labels:beta")
    page, line = on_a_line(open_page, desk_server, agent, held=True)
    page.goto(f"{desk_server.url}/support/console/#/conversations/{conversation}")
    console = ConsoleScreen(page)
    expect(console.log.get_by_text("Do you ship?", exact=True)).to_be_visible()
    boss = desk.agent("boss", role="admin")
    boss.patch(f"/conversations/{conversation}", {"access_labels": ["vip"]})
    line.release()
    expect(page.get_by_text("This conversation is not here")).to_be_visible()
    expect(console.log.get_by_text("Do you ship?", exact=True)).to_have_count(0)
