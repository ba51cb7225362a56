"""From a quote to the message that it quotes, however far back that is, and back again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from campfire_chat import Agent
from tests.browser.conftest import NewPage, Theme
from tests.browser.screens import ConsoleScreen
from tests.browser.test_looks import violations
from tests.support.people import Desk
from tests.support.servers import ProcessServer

ADA = Agent(id="ada", name="Ada Lovelace")


@pytest.mark.parametrize(("size", "theme"), [("desktop", "light"), ("phone", "dark")])
def test_a_quote_leads_far_back_and_back_again(
    desk_server: ProcessServer, open_page: NewPage, size: str, theme: Theme
) -> None:
    desk = Desk(f"{desk_server.url}/support", "default")
    mia, ada = desk.visitor("mia", name="Mia Berger"), desk.agent("ada", name="Ada Lovelace")
    about = mia.begin("The *first* question")["id"]
    [first] = mia.thread(about)
    for number in range(70):
        ada.write(about, f"Line {number}", visibility="internal")
    ada.post(f"/conversations/{about}/receipts", {"read": 1, "delivered": 1}, 200)
    ada.write(about, "The last answer", reply_to=first["id"])
    page = open_page(f"{desk_server.url}/support/console/", ADA, size=size, theme=theme)
    console = ConsoleScreen(page)
    console.show("All")
    console.enter("Mia Berger")
    expect(console.log.get_by_text("Line 69", exact=True)).to_be_in_viewport()
    # It is not loaded yet.
    there = console.log.locator(f"[data-message={first['id']}]")
    expect(there).to_have_count(0)
    console.log.get_by_role("button", name="Mia Berger The first question").click()
    expect(there).to_be_in_viewport()
    expect(console.log).to_be_focused()
    back = page.get_by_role("button", name="Back to the reply")
    expect(back).to_be_visible()
    assert violations(page) == []
    back.press("Enter")
    answer = console.log.get_by_text("The last answer", exact=True)
    expect(answer).to_be_in_viewport()
    expect(back).to_have_count(0)
    # What becomes of the quoted message shows in the quote.
    mia.delete(f"/messages/{first['id']}")
    expect(console.log.locator(".quoted")).to_contain_text("This message was deleted.")
