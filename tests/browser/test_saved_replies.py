"""Saved replies in Chromium: the picker of the composer, and the screen where they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Locator, Page, Route, expect

from campfire_chat import Agent, Visitor
from tests.browser.conftest import SIZES, NewPage
from tests.browser.looking import look_at
from tests.browser.screens import ConsoleScreen
from tests.browser.test_navigation import wait_for
from tests.support.engines import copy_sqlite
from tests.support.people import Desk, Person
from tests.support.servers import ProcessServer, process_server

BOSS = Agent(id="boss", name="Grace Hopper", role="admin")
ADA = Agent(id="ada", name="Ada Lovelace")
MIA = Visitor(id="mia", name="Mia Berger", email="mia@example.com")

SHARED = (
    ("hello", "Greeting", "Hello {{contact.first_name|there}}, this is {{agent.name}}."),
    ("delivery", "Où est mon colis", "It arrives tomorrow before 12:00."),
    ("order", "Ask for the order", "About {{conversation.subject}}: which order is it?"),
)


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[ProcessServer]:
    with process_server(copy_sqlite(sqlite_template, tmp_path / "campfire.db")) as server:
        desk = Desk(f"{server.url}/support", "default")
        desk.visitor("mia", name=MIA.name, email=MIA.email).begin("Where is my kettle?")
        boss = admin(server)
        for shortcut, title, body in SHARED:
            fields = {"shortcut": shortcut, "title": title, "body": body, "shared": True}
            boss.post("/saved-replies", fields)
        yield server


def admin(server: ProcessServer) -> Person:
    desk = Desk(f"{server.url}/support", "default")
    return desk.agent("boss", name=BOSS.name, role="admin")


def console(
    open_page: NewPage, server: ProcessServer, path: str = "", user: Agent = ADA, **options: object
) -> Page:
    page = open_page(f"{server.url}/support/console/{path}", user, **options)
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    return page


def thread(open_page: NewPage, server: ProcessServer, **options: object) -> ConsoleScreen:
    screen = ConsoleScreen(console(open_page, server, **options))  # type: ignore[arg-type]
    screen.show("All")
    screen.enter("Mia Berger")
    return screen


def picker(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Saved replies")


def options(page: Page) -> Locator:
    return picker(page).get_by_role("option")


def rows(page: Page) -> Locator:
    return page.get_by_role("list", name=re.compile("^Saved replies: ")).get_by_role("listitem")


def test_a_slash_finds_one_and_inserts_it_at_the_cursor(
    shop: ProcessServer, open_page: NewPage
) -> None:
    screen = thread(open_page, shop)
    page, field = screen.page, screen.field
    field.press_sequentially("/")
    expect(options(page)).to_have_count(3)
    # Accents do not matter; the words may be in the title.
    page.keyboard.type("ou colis")
    expect(options(page)).to_have_count(1)
    expect(options(page)).to_contain_text("/delivery")
    page.keyboard.press("Enter")
    expect(field).to_be_focused()
    expect(field).to_have_value("It arrives tomorrow before 12:00.")
    # Another one before it, where the cursor is.
    page.keyboard.press("Control+Home")
    page.keyboard.type("/")
    page.keyboard.type("hel")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    hello = "Hello Mia, this is Ada Lovelace."
    expect(field).to_have_value(f"{hello}It arrives tomorrow before 12:00.")
    # The cursor is behind what was inserted.
    page.keyboard.type(" ")
    expect(field).to_have_value(f"{hello} It arrives tomorrow before 12:00.")
    page.keyboard.press("Enter")
    expect(screen.log.get_by_text(f"{hello} It arrives tomorrow before 12:00.")).to_be_visible()


def test_a_slash_can_be_just_a_slash(shop: ProcessServer, open_page: NewPage) -> None:
    screen = thread(open_page, shop)
    page, field = screen.page, screen.field
    field.press_sequentially("and/or ")
    expect(picker(page)).to_have_count(0)
    page.keyboard.type("/")
    expect(options(page)).to_have_count(3)
    page.keyboard.press("Escape")
    expect(picker(page)).to_have_count(0)
    expect(field).to_be_focused()
    page.keyboard.type("home")
    expect(field).to_have_value("and/or /home")
    # By its button it takes nothing away.
    page.get_by_role("button", name="Insert a saved reply").click()
    page.keyboard.type("deliv")
    page.keyboard.press("Enter")
    expect(field).to_have_value("and/or /homeIt arrives tomorrow before 12:00.")


def test_what_cannot_be_filled_in_is_selected(shop: ProcessServer, open_page: NewPage) -> None:
    screen = thread(open_page, shop)
    page, field = screen.page, screen.field
    field.press_sequentially("/order")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(field).to_have_value("About {{conversation.subject}}: which order is it?")
    expect(page.get_by_text(re.compile("Not filled in"))).to_be_visible()
    page.keyboard.type("the kettle")
    expect(field).to_have_value("About the kettle: which order is it?")


def test_notes_have_them_too_and_the_palette_opens_them(
    shop: ProcessServer, open_page: NewPage
) -> None:
    screen = thread(open_page, shop)
    page = screen.page
    page.get_by_role("tab", name="Note").click()
    note = page.get_by_role("textbox", name=re.compile("note", re.IGNORECASE))
    page.keyboard.press("Control+k")
    page.keyboard.type("insert a saved reply")
    page.keyboard.press("Enter")
    expect(options(page)).to_have_count(3)
    page.keyboard.type("delivery")
    page.keyboard.press("Enter")
    expect(note).to_have_value("It arrives tomorrow before 12:00.")


def test_one_is_written_changed_and_deleted_by_keys(
    shop: ProcessServer, open_page: NewPage
) -> None:
    page = console(open_page, shop, user=BOSS)
    page.keyboard.press("Control+k")
    page.keyboard.type("go to saved replies")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(3)
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="New saved reply")
    expect(dialog.get_by_label("Shortcut")).to_be_focused()
    page.keyboard.type("hello")
    page.keyboard.press("Tab")
    page.keyboard.type("Goodbye")
    page.keyboard.press("Tab")
    page.keyboard.type("Bye {{contact.nmae}}")
    expect(dialog.get_by_text(re.compile("There is no variable"))).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("/hello")
    expect(dialog.get_by_label("Shortcut")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("bye")
    page.keyboard.press("Control+Enter")
    expect(dialog).to_have_count(0)
    expect(rows(page)).to_have_count(4)

    page.keyboard.press("/")
    page.keyboard.type("goodb")
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(rows(page).first).to_be_focused()
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="Edit the saved reply")
    dialog.get_by_label("Text").fill("Bye!")
    dialog.get_by_label("Only you").check()
    dialog.get_by_role("button", name="Save").click()
    # The event of the change may be faster than the answer, with which the dialog closes.
    expect(dialog).to_have_count(0)
    expect(rows(page).first).to_contain_text("Bye!")
    expect(rows(page).first).to_contain_text("Only you")

    rows(page).first.focus()
    page.keyboard.press("Delete")
    dialog = page.get_by_role("dialog", name="Delete this saved reply?")
    dialog.get_by_role("button", name="Delete").press("Enter")
    expect(rows(page)).to_have_count(0)
    expect(page.get_by_text("Nothing matches")).to_be_visible()


def test_an_open_console_follows(shop: ProcessServer, open_page: NewPage) -> None:
    boss = admin(shop)
    page = console(open_page, shop, "#/saved-replies")
    expect(rows(page)).to_have_count(3)
    # An agent may not change what is shared.
    expect(rows(page).get_by_role("button")).to_have_count(0)
    fields = {"shortcut": "hours", "title": "Hours", "body": "From 9 to 5.", "shared": True}
    made = boss.post("/saved-replies", fields)
    expect(rows(page)).to_have_count(4)
    boss.patch(f"/saved-replies/{made['id']}", {"title": "Opening hours"})
    expect(rows(page).filter(has_text="Opening hours")).to_have_count(1)
    boss.patch(f"/saved-replies/{made['id']}", {"shared": False})
    expect(rows(page)).to_have_count(3)
    boss.patch(f"/saved-replies/{made['id']}", {"shared": True})
    expect(rows(page)).to_have_count(4)
    boss.delete(f"/saved-replies/{made['id']}")
    expect(rows(page)).to_have_count(3)
    # One's own, in another window.
    desk = Desk(f"{shop.url}/support", "default")
    desk.agent("ada", name=ADA.name).post("/saved-replies", {**fields, "shared": False})
    expect(rows(page)).to_have_count(4)
    own = rows(page).filter(has_text="Only you")
    expect(own.get_by_role("button", name="Edit")).to_be_visible()
    page.get_by_role("group", name="Which saved replies").get_by_text("Only mine").click()
    expect(rows(page)).to_have_count(1)


def test_a_new_one_stays_while_the_list_is_asked_for_again(
    shop: ProcessServer, open_page: NewPage
) -> None:
    """It comes while the list is on its way, which may not have it yet."""
    page = open_page(f"{shop.url}/home", ADA)
    late: list[tuple[Route, APIResponse]] = []
    lists = re.compile(r"/api/v1/saved-replies\?")
    page.route(lists, lambda route: late.append((route, route.fetch())))
    page.goto(f"{shop.url}/support/console/#/saved-replies")
    wait_for(page, lambda: len(late) == 1)
    fields = {"shortcut": "hours", "title": "Hours", "body": "From 9 to 5.", "shared": True}
    admin(shop).post("/saved-replies", fields)
    hours = rows(page).filter(has_text="Hours")
    expect(hours).to_have_count(1)
    for asked in (1, 2):
        wait_for(page, lambda asked=asked: len(late) == asked)
        expect(hours).to_have_count(1)
        route, answer = late[-1]
        route.fulfill(response=answer)
    expect(rows(page)).to_have_count(4)


def test_a_viewer_is_offered_nothing_to_change(shop: ProcessServer, open_page: NewPage) -> None:
    viewer = Agent(id="vic", name="Vic", role="viewer")
    page = console(open_page, shop, "#/saved-replies", viewer)
    expect(rows(page)).to_have_count(3)
    expect(page.get_by_role("button", name="New saved reply")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
def test_the_look(shop: ProcessServer, open_page: NewPage, size: str) -> None:
    page = console(open_page, shop, "#/saved-replies", BOSS, size=size)
    expect(rows(page)).to_have_count(3)
    look_at(page, "saved-replies")
    page.get_by_role("button", name="New saved reply").click()
    dialog = page.get_by_role("dialog", name="New saved reply")
    dialog.get_by_label("Text").fill("Hi {{contact.nmae}}")
    expect(dialog.get_by_text(re.compile("There is no variable"))).to_be_visible()
    look_at(page, "saved-replies-dialog")
    dialog.get_by_role("button", name="Cancel").click()
    screen = ConsoleScreen(page)
    screen.show("All")
    screen.enter("Mia Berger")
    screen.field.press_sequentially("/")
    expect(options(page)).to_have_count(3)
    look_at(page, "saved-replies-picker")
