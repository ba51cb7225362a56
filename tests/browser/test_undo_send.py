"""Whoever wants it has five seconds in which nothing of a message leaves."""

from __future__ import annotations

import time

from playwright.sync_api import expect

from campfire_chat import Agent
from tests.browser.conftest import NewPage
from tests.browser.screens import ConsoleScreen
from tests.support.people import Desk
from tests.support.servers import ProcessServer

#: Whether the page asks before somebody leaves it.
LEAVING = """() => {
    const leaving = new Event("beforeunload", { cancelable: true });
    return !window.dispatchEvent(leaving);
}"""
ADA = Agent(id="ada", name="Ada Lovelace")


def test_sending_is_undone(desk_server: ProcessServer, open_page: NewPage) -> None:
    desk = Desk(f"{desk_server.url}/support", "default")
    mia, ada = desk.visitor("mia", name="Mia Berger"), desk.agent("ada", name="Ada Lovelace")
    about = mia.begin("Hello?")["id"]
    ada.post(f"/conversations/{about}/receipts", {"read": 1, "delivered": 1}, 200)
    ada.patch("/me/settings", {"undo_send": True})
    page = open_page(f"{desk_server.url}/support/console/", ADA)
    # The clock of the page stands still until it is told to go on.
    page.clock.install()
    page.reload()
    console = ConsoleScreen(page)
    console.show("All")
    console.enter("Mia Berger")
    page.clock.pause_at(time.time() + 600)
    console.answer("Too early")
    undo = console.log.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    undo.press("Enter")
    expect(console.field).to_have_value("Too early")
    expect(console.log.locator(".leaving")).to_have_count(0)
    # By the keyboard.
    console.field.press("Enter")
    expect(undo).to_be_visible()
    console.field.press("Control+z")
    expect(console.field).to_have_value("Too early")
    console.field.fill("At last")
    console.field.press("Enter")
    expect(undo).to_be_visible()
    assert [message["body"] for message in mia.thread(about)] == ["Hello?"]
    page.clock.run_for(6000)
    expect(undo).to_have_count(0)
    page.clock.resume()
    expect(console.tick("Sent")).to_be_visible()
    assert [message["body"] for message in mia.thread(about)] == ["Hello?", "At last"]
    # What still waits when its conversation is resolved leaves before that.
    page.clock.pause_at(time.time() + 1200)
    console.field.fill("And goodbye")
    console.field.press("Enter")
    expect(undo).to_be_visible()
    assert page.evaluate(LEAVING)
    console.field.press("Escape")
    with page.expect_response(lambda response: response.request.method == "PATCH") as resolved:
        page.keyboard.press("E")
    assert resolved.value.ok
    assert [message["body"] for message in mia.thread(about)][-1] == "And goodbye"
    assert ada.get(f"/conversations/{about}")["status"] == "resolved"
    assert not page.evaluate(LEAVING)
