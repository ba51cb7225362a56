"""Tags in Chromium: their colours in lists and threads, the picker, and the screen for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
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
from tests.support.servers import ProcessServer, eventually, process_server

BOSS = Agent(id="boss", name="Grace Hopper", role="admin")
ADA = Agent(id="ada", name="Ada Lovelace")
MIA = Visitor(id="mia", name="Mia Berger", email="mia@example.com")

TAGS = (
    ("shipping", "teal", "Where a parcel is"),
    ("refund", "red", "Money back"),
    ("vip", "purple", ""),
)


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[ProcessServer]:
    with opened(copy_sqlite(sqlite_template, tmp_path / "campfire.db")) as server:
        yield server


@contextmanager
def opened(database_url: str, **options: object) -> Iterator[ProcessServer]:
    """A shop with a conversation and a few tags."""
    with process_server(database_url, **options) as server:
        desk = Desk(f"{server.url}/support", "default")
        visitor = desk.visitor("mia", name=MIA.name, email=MIA.email)
        conversation = visitor.begin("Where is my kettle?")["id"]
        boss = admin(server)
        for name, color, description in TAGS:
            boss.post("/tags", {"name": name, "color": color, "description": description})
        boss.patch(f"/conversations/{conversation}", {"tags": ["shipping", "vip"]})
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


def rows(page: Page) -> Locator:
    return page.get_by_role("list", name="Tags").get_by_role("listitem")


def thread(page: Page) -> ConsoleScreen:
    screen = ConsoleScreen(page)
    screen.show("All")
    screen.enter("Mia Berger")
    return screen


def background(chip: Locator) -> str:
    return chip.evaluate("(chip) => getComputedStyle(chip).backgroundColor")


def test_chips_have_the_colour_of_their_tag(shop: ProcessServer, open_page: NewPage) -> None:
    page = console(open_page, shop)
    thread(page)
    in_list = page.locator(".row-labels .tag", has_text="shipping")
    expect(in_list).to_have_class(re.compile("color-teal"))
    in_thread = page.locator(".tags .tag", has_text="shipping")
    expect(in_thread).to_have_class(re.compile("color-teal"))
    assert background(in_list) == background(in_thread)
    boss = admin(shop)
    [tag] = boss.get("/tags", search="shipping")["items"]
    boss.patch(f"/tags/{tag['id']}", {"color": "pink", "name": "delivery"})
    for chip in (page.locator(".row-labels .tag"), page.locator(".tags .tag")):
        renamed = chip.filter(has_text="delivery").first
        expect(renamed).to_have_class(re.compile("color-pink"))


def test_a_former_name_means_the_tag(
    sqlite_template: Path, tmp_path: Path, open_page: NewPage
) -> None:
    """No job runs here, so the conversation still says the old names."""
    url = copy_sqlite(sqlite_template, tmp_path / "campfire.db")
    with opened(url, work="elsewhere") as shop:
        page = console(open_page, shop)
        thread(page)
        chip = page.locator(".tags .tag")
        expect(chip.filter(has_text="vip")).to_have_class(re.compile("color-purple"))
        boss = admin(shop)
        ids = {item["name"]: item["id"] for item in boss.get("/tags")["items"]}
        boss.patch(f"/tags/{ids['shipping']}", {"color": "pink", "name": "delivery"})
        expect(chip.filter(has_text="shipping")).to_have_class(re.compile("color-pink"))
        boss.post(f"/tags/{ids['vip']}/merge", {"into": ids["refund"]}, 200)
        expect(chip.filter(has_text="vip")).to_have_class(re.compile("color-red"))
        page.keyboard.press("t")
        options = page.get_by_role("listbox", name="Tags").get_by_role("option")
        expect(options).to_have_count(2)
        expect(options).to_contain_text(["shipping", "vip"])


def test_the_picker_completes_and_creates(shop: ProcessServer, open_page: NewPage) -> None:
    page = console(open_page, shop)
    thread(page)
    page.keyboard.press("t")
    field = page.get_by_role("combobox", name="Tags")
    expect(field).to_be_focused()
    options = page.get_by_role("listbox", name="Tags").get_by_role("option")
    expect(options).to_have_count(3)
    field.press_sequentially("RE")
    expect(options.first).to_contain_text("refund")
    expect(options.first).to_contain_text("Money back")
    page.keyboard.press("Enter")
    expect(page.locator(".tags .tag", has_text="refund")).to_be_visible()
    # A tag that exists is not offered as a new one, however it is spelt.
    field.press_sequentially("VIP")
    expect(options).to_have_count(1)
    field.fill("kettle")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".tags .tag", has_text="kettle")).to_have_class(re.compile("color-gray"))
    boss = admin(shop)
    expect(options.filter(has_text="kettle")).to_have_count(1)
    # It is on the screen before the server has it.
    eventually(lambda: boss.get("/tags", search="kettle")["items"])
    assert [item["name"] for item in boss.get("/tags", search="kettle")["items"]] == ["kettle"]


def test_of_two_that_follow_quickly_both_count(shop: ProcessServer, open_page: NewPage) -> None:
    """The second change is not on its way before the first one has arrived."""
    page = console(open_page, shop)
    thread(page)
    sent: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if route.request.method == "PATCH":
            sent.append(route)
        if sent != [route]:
            route.continue_()

    page.route("**/api/v1/conversations/*", hold_the_first)
    page.keyboard.press("t")
    field = page.get_by_role("combobox", name="Tags")
    for name in ("refund", "kettle"):
        field.fill(name)
        page.keyboard.press("Enter")
        expect(page.locator(".tags .tag", has_text=name)).to_be_visible()
    wait_for(page, lambda: bool(sent))
    # What a colleague changes meanwhile shows, but does not take back what was chosen here.
    boss = admin(shop)
    [conversation] = boss.get("/conversations")["items"]
    boss.patch(f"/conversations/{conversation['id']}", {"priority": "high", "tags": ["vip"]})
    expect(page.locator("a.row").get_by_text("High")).to_be_visible()
    chips = page.locator(".tags .tag:not(.add)")
    wanted = ["shipping", "vip", "refund", "kettle"]
    expect(chips).to_have_text(wanted)
    assert len(sent) == 1
    sent[0].continue_()
    wait_for(page, lambda: boss.get("/conversations")["items"][0]["tags"] == wanted)
    expect(chips).to_have_text(wanted)


def test_one_is_created_changed_and_deleted_by_keys(
    shop: ProcessServer, open_page: NewPage
) -> None:
    page = console(open_page, shop, "#/tags", BOSS)
    expect(rows(page)).to_have_count(3)
    expect(rows(page).filter(has_text="shipping")).to_contain_text("1 conversation")
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="New tag")
    dialog.get_by_label("Name").fill("Refund")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("refund")
    expect(dialog.get_by_label("Name")).to_be_focused()
    dialog.get_by_label("Name").fill("damaged")
    dialog.get_by_label("Orange").check()
    dialog.get_by_label("Description").fill("Broken on the way")
    dialog.get_by_label("Description").press("Enter")
    # The event of the change may be faster than the answer, with which the dialog closes.
    expect(dialog).to_have_count(0)
    expect(rows(page)).to_have_count(4)
    first = rows(page).first
    expect(first).to_contain_text("damaged")
    expect(first.locator(".tag")).to_have_class(re.compile("color-orange"))
    page.keyboard.press("j")
    expect(first).to_be_focused()
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="Edit the tag")
    dialog.get_by_label("Name").fill("broken")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(rows(page).first).to_contain_text("broken")
    rows(page).first.focus()
    page.keyboard.press("Delete")
    dialog = page.get_by_role("dialog", name=re.compile("^Delete"))
    expect(dialog).to_contain_text("No conversation has it.")
    dialog.get_by_role("button", name="Delete").press("Enter")
    expect(rows(page)).to_have_count(3)


def test_a_new_one_stays_while_the_list_is_asked_for_again(
    shop: ProcessServer, open_page: NewPage
) -> None:
    """It comes while the list is on its way, which may not have it yet."""
    page = open_page(f"{shop.url}/home", ADA)
    late: list[tuple[Route, APIResponse]] = []
    page.route(re.compile(r"/api/v1/tags\?"), lambda route: late.append((route, route.fetch())))
    page.goto(f"{shop.url}/support/console/#/tags")
    wait_for(page, lambda: len(late) == 1)
    admin(shop).post("/tags", {"name": "gift"})
    gift = rows(page).filter(has_text="gift")
    expect(gift).to_have_count(1)
    for asked in (1, 2):
        wait_for(page, lambda asked=asked: len(late) == asked)
        expect(gift).to_have_count(1)
        route, answer = late[-1]
        route.fulfill(response=answer)
    expect(rows(page)).to_have_count(4)


def test_two_are_merged(shop: ProcessServer, open_page: NewPage) -> None:
    page = console(open_page, shop, "#/tags", BOSS)
    rows(page).filter(has_text="vip").focus()
    page.keyboard.press("m")
    dialog = page.get_by_role("dialog", name=re.compile("into another tag"))
    expect(dialog).to_contain_text("1 conversation")
    expect(dialog.get_by_role("option")).to_have_count(2)
    dialog.get_by_role("combobox").press_sequentially("ref")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(2)
    # The number follows as the conversations do.
    expect(rows(page).filter(has_text="refund")).to_contain_text("1 conversation", timeout=20_000)
    thread(page)
    expect(page.locator(".tags .tag", has_text="refund")).to_be_visible()
    expect(page.locator(".tags .tag", has_text="vip")).to_have_count(0)


def test_who_is_offered_what(shop: ProcessServer, open_page: NewPage) -> None:
    page = console(open_page, shop, "#/tags")
    expect(rows(page)).to_have_count(3)
    expect(page.get_by_role("button", name="New tag")).to_be_visible()
    expect(rows(page).get_by_role("button")).to_have_count(0)
    admin(shop).post("/tags", {"name": "gift"})
    expect(rows(page)).to_have_count(4)
    page.get_by_role("searchbox", name="Search tags").fill("money")
    expect(rows(page)).to_have_count(1)
    viewer = console(open_page, shop, "#/tags", Agent(id="vic", name="Vic", role="viewer"))
    expect(rows(viewer)).to_have_count(4)
    expect(viewer.get_by_role("button", name="New tag")).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
def test_the_look(shop: ProcessServer, open_page: NewPage, size: str) -> None:
    boss = admin(shop)
    for color in ("gray", "orange", "yellow", "green", "blue", "pink"):
        boss.post("/tags", {"name": f"in {color}", "color": color})
    page = console(open_page, shop, "#/tags", BOSS, size=size)
    expect(rows(page)).to_have_count(9)
    look_at(page, "tags")
    page.get_by_role("button", name="New tag").click()
    dialog = page.get_by_role("dialog", name="New tag")
    dialog.get_by_label("Name").fill("kettle")
    look_at(page, "tags-dialog")
    dialog.get_by_role("button", name="Cancel").click()
    rows(page).first.get_by_role("button", name="Merge").click()
    expect(page.get_by_role("dialog").get_by_role("option")).to_have_count(8)
    look_at(page, "tags-merge")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    thread(page)
    look_at(page, "tags-thread")
