"""The status of a conversation on the screen: snoozing by keyboard, what wakes it, and what cannot
follow what."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import NewPage
from tests.browser.test_inbox import ADA, desk_of
from tests.support.servers import ProcessServer


def test_a_conversation_is_put_away_and_comes_back(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    desk = desk_of(desk_server)
    mia, ben = desk.visitor("m", name="Mia"), desk.agent("ben", name="Ben")
    about = mia.begin("Hello")["id"]
    path = f"/conversations/{about}"
    url = f"{desk_server.url}/support/console/#/conversations/{about}"
    page = open_page(url, ADA)
    banner = page.locator(".state-banner")
    field = page.get_by_role("combobox", name="Snooze until…")
    options = page.get_by_role("listbox", name="Snooze until…").get_by_role("option")
    expect(page.locator(".thread-number")).to_have_text("#1")

    # Typed: what is no time and what has passed cannot be chosen.
    page.keyboard.press("s")
    field.fill("in 3 parrots")
    expect(page.get_by_text("No such time.")).to_be_visible()
    field.fill("2001-01-31")
    expect(options).to_have_text(re.compile("That time has passed"))
    # An hour, although times that are offered have the figure in them.
    field.fill("9")
    expect(options).to_have_count(1)
    expect(options).to_contain_text("9:00")
    field.fill("in 3 days")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    # It leaves the list, and the next one comes: here there is none.
    expect(page.locator(".thread-number")).to_have_count(0)
    page.goto(url)
    expect(banner).to_contain_text("Snoozed until")
    # The event tells that it is stored; the banner came before that.
    snoozed = page.get_by_text("snoozed it until")
    expect(snoozed).to_have_count(1)

    # A colleague's reply brings it back, and the thread says so.
    ben.write(about, "I can help")
    expect(banner).to_have_count(0)
    expect(page.get_by_text("reopened the conversation with a reply")).to_be_visible()

    # What is resolved cannot be put away, and the undo goes back to the snooze.
    ben.patch(path, {"status": "snoozed", "snoozed_until": "2099-01-01T09:00:00Z"})
    expect(banner).to_contain_text("Snoozed until")
    page.keyboard.press("e")
    undo = page.locator(".toast", has_text="Resolved").get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    page.goto(url)
    expect(banner).to_contain_text("resolved")
    undo.click()
    # Ada's first one, Ben's, and his again.
    expect(snoozed).to_have_count(3)
    expect(banner).to_contain_text("Snoozed until")
    assert ben.get(path)["snoozed_until"] == "2099-01-01T09:00:00.000000Z"
    ben.patch(path, {"status": "resolved"})
    expect(banner).to_contain_text("resolved")
    page.keyboard.press("s")
    expect(page.get_by_text("Reopen it first.")).to_be_visible()
    expect(field).to_have_count(0)
