"""Contacts in the console: the list, the page of a contact, and the ways that lead to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Response, expect

from campfire_chat import Agent, Role
from tests.browser.conftest import SIZES, NewPage
from tests.browser.looking import look_at
from tests.browser.test_gaps import Line
from tests.support.engines import copy_sqlite
from tests.support.people import Desk
from tests.support.servers import ProcessServer, process_server

RESET = json.dumps(
    {"type": "reset", "stream": "inbox:default", "epoch": "another", "head": 1, "reason": "epoch"}
)
BOSS = Agent(id="boss", name="Ada Lovelace", role=Role.ADMIN)


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[ProcessServer]:
    with process_server(copy_sqlite(sqlite_template, tmp_path / "campfire.db")) as server:
        yield server


@pytest.fixture
def desk(shop: ProcessServer) -> Desk:
    return Desk(f"{shop.url}/support", "default")


def rows(page: Page) -> Locator:
    return page.get_by_role("list", name="Contacts").get_by_role("link")


def is_choice(response: Response) -> bool:
    return response.request.method == "PATCH" and response.url.endswith("/me/settings")


def is_list_of_contacts(response: Response) -> bool:
    return "/contacts?" in response.url


def crowd(desk: Desk, count: int) -> None:
    boss = desk.agent("boss", name=BOSS.name, role=Role.ADMIN)
    for number in range(count):
        body = {"name": f"Guest {number:02}", "email": f"guest-{number}@mail.example"}
        boss.put(f"/contacts/guest-{number}", body)


def test_contacts_are_found_and_read_by_keys_alone(
    shop: ProcessServer, desk: Desk, open_page: NewPage
) -> None:
    page = open_page(f"{shop.url}/support/console/#/contacts", user=BOSS)
    expect(page.get_by_text("Nobody has written yet")).to_be_visible()
    crowd(desk, 60)
    mia = desk.visitor("mia", name="Mia Miller", email="mia@example.org")
    tea = mia.begin("Where is my tea?")
    page.reload()
    # Who was here last comes first.
    expect(rows(page).first).to_contain_text("Mia Miller")
    expect(rows(page)).to_have_count(50)
    page.get_by_role("button", name="Show more").press("Enter")
    expect(rows(page)).to_have_count(61)

    page.get_by_role("combobox", name="Sort by").select_option("Name")
    expect(rows(page).first).to_contain_text("Guest 00")
    page.get_by_role("list", name="Contacts").focus()
    page.keyboard.press("l")
    columns = page.get_by_role("listbox", name="Columns")
    columns.press("Home")
    with page.expect_response(is_choice) as stored:
        columns.press("Enter")
    assert stored.value.ok
    expect(columns.get_by_role("option", name="E-mail")).to_have_attribute("aria-selected", "false")
    page.keyboard.press("Escape")
    heads = page.locator(".contact-heads span")
    without = ["Name", "Identity", "Last seen", "Since"]
    expect(heads).to_have_text(without)
    # On all devices of the agent.
    page.evaluate("localStorage.clear()")
    page.reload()
    expect(rows(page).first).to_contain_text("Mia Miller")
    expect(heads).to_have_text(without)

    page.get_by_role("list", name="Contacts").focus()
    page.keyboard.press("/")
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    page.keyboard.type("miller")
    expect(rows(page)).to_have_count(1)
    search.press("ArrowDown")
    expect(rows(page)).to_be_focused()
    rows(page).press("Enter")
    expect(page.get_by_role("heading", name="Mia Miller")).to_be_visible()
    page.get_by_role("list", name="Conversations").press("j")
    talk = page.get_by_role("list", name="Conversations").get_by_role("link")
    expect(talk).to_be_focused()
    expect(talk).to_contain_text("Where is my tea?")
    told = page.get_by_role("region", name="Timeline").get_by_role("listitem")
    expect(told).to_have_count(2)
    # What happens meanwhile is there at once.
    boss = desk.agent("boss", name=BOSS.name, role=Role.ADMIN)
    boss.patch(f"/conversations/{tea['id']}", {"status": "resolved"})
    expect(told.first).to_contain_text("Conversation resolved")
    page.keyboard.press("Escape")
    expect(search).to_have_value("miller")
    expect(rows(page)).to_be_focused()
    search.fill("nobody")
    expect(page.get_by_text("Nobody is called that")).to_be_visible()
    search.fill("")
    page.get_by_role("combobox", name="Show").select_option("Not verified")
    expect(page.get_by_text("There is nobody of this kind")).to_be_visible()


def test_what_is_shown_stays_while_it_is_loaded_anew(
    shop: ProcessServer, desk: Desk, open_page: NewPage
) -> None:
    crowd(desk, 60)
    boss = desk.agent("boss", name=BOSS.name, role=Role.ADMIN)
    mia = desk.visitor("mia", name="Mia Miller")
    talks = [mia.begin(f"Tea {number}")["id"] for number in range(21)]
    page = open_page(f"{shop.url}/home", user=BOSS)
    line = Line(page)
    page.goto(f"{shop.url}/support/console/#/contacts")
    page.get_by_role("button", name="Show more").click()
    expect(rows(page)).to_have_count(61)
    # After a gap in what happened.
    with page.expect_response(is_list_of_contacts) as renewed:
        line.tell(RESET)
    assert "limit=61" in renewed.value.url
    # Back on a contact of the second page, which is there after the list was loaded anew, too.
    last = rows(page).nth(55)
    name = last.locator("strong").inner_text()
    last.click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.get_by_role("region", name="Timeline").get_by_role("listitem").first.wait_for()
    boss.put(f"/contacts/guest-{int(name.removeprefix('Guest '))}", {"name": "Renamed"})
    with page.expect_response(is_list_of_contacts) as renewed:
        page.keyboard.press("Escape")
    assert "limit=61" in renewed.value.url
    expect(rows(page).nth(55)).to_contain_text("Renamed")
    expect(rows(page)).to_have_count(61)
    expect(rows(page).nth(55)).to_be_focused()

    # A contact's page renews the whole of what it shows.
    rows(page).filter(has_text="Mia Miller").click()
    shown = page.get_by_role("list", name="Conversations").get_by_role("link")
    told = page.get_by_role("region", name="Timeline")
    expect(shown).to_have_count(20)
    parts = page.get_by_role("region", name="Conversations")
    parts.get_by_role("button", name="Show more").click()
    expect(shown).to_have_count(21)
    boss.patch(f"/conversations/{talks[0]}", {"status": "resolved"})
    expect(told.get_by_text("Conversation resolved")).to_have_count(1)
    expect(shown).to_have_count(21)
    with page.expect_response(lambda response: "/timeline?" in response.url):
        line.tell(RESET)
    # What cannot be renewed stays, and can be tried again.
    page.route("**/timeline?*", lambda route: route.fulfill(status=500, json={"detail": "Broken"}))
    boss.patch(f"/conversations/{talks[1]}", {"status": "resolved"})
    expect(page.get_by_text("The contact could not be loaded.")).to_be_visible()
    expect(shown).to_have_count(21)
    told.get_by_role("button", name="Show more").click()
    expect(page.get_by_text("No more could be loaded.")).to_be_visible()
    page.unroute("**/timeline?*")
    page.get_by_role("button", name="Try again").click()
    expect(told.get_by_text("Conversation resolved")).to_have_count(2)
    expect(page.get_by_text("The contact could not be loaded.")).to_have_count(0)

    # A page that was left asks for nothing.
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("link", name="All contacts").click()
    expect(rows(page)).to_have_count(61)
    page.get_by_role("navigation", name="Views").get_by_text("All", exact=True).click()
    asked.clear()
    mia.write(talks[2], "Is it green tea?")
    expect(page.get_by_role("link").filter(has_text="Is it green tea?")).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name=re.compile("Search")).fill("guest 59")
    expect(page.get_by_role("option", name="Guest 59")).to_be_visible()
    assert not [url for url in asked if "/timeline" in url]


def test_a_conversation_and_the_palette_lead_to_the_contact(
    shop: ProcessServer, desk: Desk, open_page: NewPage
) -> None:
    mia = desk.visitor("mia", name="Mia Miller")
    conversation = mia.begin("Where is my tea?")
    page = open_page(f"{shop.url}/support/console/#/conversations/{conversation['id']}", user=BOSS)
    head = page.get_by_role("region", name="Conversation with Mia Miller")
    expect(head.get_by_role("link", name="Mia Miller")).to_be_visible()
    page.keyboard.press("c")
    heading = page.get_by_role("heading", name="Mia Miller")
    expect(page.get_by_role("region", name="Timeline")).to_be_visible()
    # Back to where they came from.
    page.keyboard.press("Escape")
    expect(head).to_be_visible()
    head.get_by_role("link", name="Mia Miller").click()
    expect(page.get_by_role("region", name="Timeline")).to_be_visible()
    page.get_by_role("link", name="All contacts").click()
    expect(heading).to_have_count(0)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name=re.compile("Search")).fill("mill")
    contacts = page.get_by_role("group", name="Contacts", exact=True)
    expect(contacts.get_by_role("option")).to_have_text(["Mia MillerShow the contact"])
    contacts.get_by_role("option").click()
    expect(heading).to_be_visible()
    page.goto(f"{shop.url}/support/console/#/contacts/vis_nobody")
    expect(page.get_by_text("There is no such contact")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_they_look_right(shop: ProcessServer, desk: Desk, open_page: NewPage, size: str) -> None:
    crowd(desk, 8)
    desk.visitor("mia", name="Mia Miller", email="mia@example.org").begin("Where is my tea?")
    desk.visitor("long", name="Dr. " + "Wolfeschlegelsteinhausen" * 3).begin()
    page = open_page(f"{shop.url}/support/console/#/contacts", user=BOSS, size=size)
    expect(rows(page)).to_have_count(10)
    look_at(page, "contacts")
    rows(page).filter(has_text="Mia Miller").click()
    expect(page.get_by_role("region", name="Timeline")).to_be_visible()
    look_at(page, "contact")
