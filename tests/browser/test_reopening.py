"""A visitor who writes long after a conversation was resolved: the widget goes on in a new one, and
the console shows both with a link to the other."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import expect

from campfire_chat import Agent, Visitor
from tests.browser.conftest import NewPage
from tests.browser.screens import WidgetScreen
from tests.browser.test_inbox import desk_of
from tests.browser.test_looks import violations
from tests.storage.test_revision_0005 import run
from tests.support.servers import ProcessServer

MIA = Visitor(id="mia", name="Mia Berger")
BOSS = Agent(id="boss", name="Boss", role="admin")


def test_a_late_message_goes_on_in_a_new_conversation(
    desk_server: ProcessServer, open_page: NewPage, database_url: str
) -> None:
    boss = desk_of(desk_server).agent("boss", name="Boss", role="admin")
    boss.patch("/settings", {"reopen_days": 7})
    page = open_page(f"{desk_server.url}/home", MIA)
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Where is my kettle?")
    widget.expect_sent()
    (before,) = (item["id"] for item in boss.get("/conversations")["items"])
    boss.patch(f"/conversations/{before}", {"status": "resolved"})
    expect(widget.log.get_by_text("Resolved. Write to go on.")).to_be_visible()
    long_ago = "UPDATE campfire_conversations SET resolved_at = 1"
    with ThreadPoolExecutor() as pool:
        pool.submit(asyncio.run, run(database_url, [long_ago])).result()

    # Two on their way, and a third one in the box.
    widget.write("It is broken again")
    widget.write("Can you help?")
    widget.field.fill("half a thought")
    widget.expect_bubbles("It is broken again", "Can you help?")
    widget.expect_sent()
    expect(widget.field).to_have_value("half a thought")
    widget.field.press("Enter")
    widget.expect_bubbles("It is broken again", "Can you help?", "half a thought")
    widget.expect_sent()
    later, again = (item["id"] for item in boss.get("/conversations")["items"])
    assert again == before
    assert next(item["body"] for item in boss.thread(later)) == "It is broken again"

    # The old one is as it was, and still leads to the new one.
    widget.panel.get_by_role("button", name="All conversations").click()
    widget.panel.get_by_role("button", name="Where is my kettle?").click()
    widget.expect_bubbles("Where is my kettle?")
    widget.field.fill("Hello?")
    widget.field.press("Enter")
    widget.expect_bubbles("It is broken again", "Can you help?", "half a thought", "Hello?")

    # Whoever has gone to the list stays there, when the answer comes.
    widget.panel.get_by_role("button", name="All conversations").click()
    widget.panel.get_by_role("button", name="Where is my kettle?").click()
    widget.expect_bubbles("Where is my kettle?")
    page.context.set_offline(True)
    widget.write("And once more")
    widget.panel.get_by_role("button", name="All conversations").click()
    talks = widget.panel.get_by_role("button", name="And once more")
    with page.expect_response(lambda response: response.url.endswith(later)):
        page.context.set_offline(False)
    expect(talks).to_be_visible()
    expect(widget.log).to_have_count(0)

    console = open_page(f"{desk_server.url}/support/console/#/conversations/{before}", BOSS)
    banner = console.locator(".state-banner")
    expect(banner).to_contain_text("This conversation is resolved, and goes on in a later one.")
    expect(console.get_by_text("The visitor has written again")).to_be_visible()
    expect(console.locator(".details").get_by_text("Later conversation")).to_be_visible()
    assert violations(console) == []
    banner.get_by_role("link", name="Show the later one").click()
    expect(banner).to_contain_text("This conversation goes on from an earlier one.")
    expect(console.get_by_role("log").get_by_text("Can you help?")).to_be_visible()
    assert violations(console) == []
    banner.get_by_role("link", name="Show the earlier one").click()
    expect(banner).to_contain_text("goes on in a later one")
