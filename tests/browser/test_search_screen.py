"""The search of the console: typed, narrowed, paged and opened by keys alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Response, Route, expect

from campfire_chat import Agent, Role
from tests.browser.conftest import SIZES, NewPage
from tests.browser.looking import look_at, violations
from tests.support.engines import copy_sqlite
from tests.support.people import Desk
from tests.support.servers import ProcessServer, eventually, process_server

BOSS = Agent(id="boss", name="Ada Lovelace", role=Role.ADMIN)


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[ProcessServer]:
    with process_server(copy_sqlite(sqlite_template, tmp_path / "campfire.db")) as server:
        yield server


@pytest.fixture
def desk(shop: ProcessServer) -> Desk:
    return Desk(f"{shop.url}/support", "default")


def hits(page: Page) -> Locator:
    return page.get_by_role("list", name="What was found").get_by_role("link")


def talks(desk: Desk) -> None:
    """A conversation with many messages, and a pending one; the search finds all of it."""
    boss = desk.agent("boss", name=BOSS.name, role=Role.ADMIN)
    mia = desk.visitor("mia", name="Mia Miller", email="mia@example.org")
    long = mia.begin("The <b>first</b> kettle 😀 is broken", subject="Kettle of Mia")["id"]
    for number in range(2, 40):
        mia.write(long, f"Kettle number {number:02}")
    boss.write(long, f"A **note** on kettles for <@{boss.get('/me')['id']}>", visibility="internal")
    ben = desk.visitor("ben", name="Ben").begin("My kettle sings")["id"]
    boss.patch(f"/conversations/{ben}", {"status": "pending", "tags": ["music"]})
    eventually(lambda: boss.post("/search", {"q": "sings tag:music"}, 200)["items"])
    eventually(lambda: boss.post("/search", {"q": "note on kettles"}, 200)["items"])


def is_search(response: Response) -> bool:
    return response.url.endswith("/api/v1/search")


def test_what_was_said_is_found_by_keys_alone(
    shop: ProcessServer, desk: Desk, open_page: NewPage
) -> None:
    talks(desk)
    page = open_page(f"{shop.url}/support/console/", user=BOSS)
    expect(page.locator("a.row")).to_have_count(1)
    # From the palette, with what is typed there.
    page.keyboard.press("Control+k")
    page.keyboard.type("kettle")
    page.get_by_role("option", name="Search for ⁨kettle⁩").wait_for()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    field = page.get_by_role("searchbox")
    expect(field).to_have_value("kettle")
    expect(field).to_be_focused()
    expect(hits(page)).to_have_count(30)
    assert "kettle" not in page.url.lower()
    page.get_by_role("button", name="Show more").press("Enter")
    expect(hits(page)).to_have_count(42)

    page.get_by_role("combobox", name="Sort by").select_option("Newest first")
    expect(hits(page).first).to_contain_text("My kettle sings")
    expect(hits(page).first.locator("mark")).to_have_text("kettle")
    page.get_by_role("combobox", name="Show").select_option("Notes")
    expect(hits(page)).to_have_count(1)
    expect(hits(page)).to_contain_text("Ada Lovelace: A note on kettles for @Ada Lovelace")
    page.get_by_role("combobox", name="Show").select_option("Everything")

    # An operator and its value, chosen below the field.
    field.press("End")
    page.keyboard.type(" ")
    page.get_by_role("button", name="status:").press("Enter")
    expect(field).to_be_focused()
    page.get_by_role("button", name="pending").press("Enter")
    expect(field).to_have_value("kettle status:pending ")
    expect(hits(page)).to_have_count(1)
    page.keyboard.type("-tag:mu")
    page.get_by_role("button", name="music").press("Enter")
    expect(field).to_have_value("kettle status:pending -tag:music ")
    expect(page.get_by_text("Nothing holds")).to_be_visible()
    field.fill("kettle status:shut")
    expect(page.get_by_text("A status is one of")).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")

    # The oldest message: it is not loaded when its conversation opens.
    field.fill('"kettle is broken"')
    expect(hits(page).locator("mark")).to_have_text(["kettle 😀 is broken"])
    field.fill("first kettle")
    expect(hits(page).locator("mark")).to_have_text(["first", "kettle"])
    field.press("ArrowDown")
    expect(hits(page)).to_be_focused()
    page.keyboard.press("Enter")
    log = page.get_by_role("log", name="Messages")
    expect(log.get_by_text("The <b>first</b> kettle 😀 is broken")).to_be_in_viewport()
    # Back, everything is as it was, and the hit has the focus.
    page.go_back()
    expect(field).to_have_value("first kettle")
    expect(hits(page)).to_be_focused()
    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_have_value("")
    expect(page.get_by_text("What are you looking for?")).to_be_visible()

    # What fails says so, and is tried again.
    page.route("**/api/v1/search", lambda route: route.fulfill(status=503, body="{}"))
    page.keyboard.type("sings")
    expect(page.get_by_text("The search has failed.")).to_be_visible()
    page.unroute("**/api/v1/search")
    with page.expect_response(is_search):
        page.get_by_role("button", name="Try again").press("Enter")
    expect(hits(page)).to_have_count(1)


def test_a_page_without_hits_is_not_the_end(
    shop: ProcessServer, desk: Desk, open_page: NewPage
) -> None:
    talks(desk)
    asked: list[str | None] = []

    def answer(route: Route) -> None:
        """The newest stretches hold nothing; the fifth page has what there is."""
        cursor = (route.request.post_data_json or {}).get("cursor")
        asked.append(cursor)
        if len(asked) < 5:
            body = {"items": [], "next_cursor": f"c{len(asked)}"}
            route.fulfill(json=body)
        else:
            data = {**(route.request.post_data_json or {}), "cursor": None}
            route.continue_(post_data=data)

    page = open_page(f"{shop.url}/support/console/#/search", user=BOSS)
    page.route("**/api/v1/search", answer)
    page.get_by_role("searchbox").fill("sings")
    page.get_by_text("Nothing so far").wait_for()
    page.get_by_role("button", name="Search further").press("Enter")
    expect(hits(page)).to_have_count(1)
    assert asked == [None, "c1", "c2", "c3", "c4"]


@pytest.mark.parametrize("size", SIZES)
def test_it_looks_right(shop: ProcessServer, desk: Desk, open_page: NewPage, size: str) -> None:
    talks(desk)
    page = open_page(f"{shop.url}/support/console/#/search", user=BOSS, size=size)
    expect(page.get_by_text("What are you looking for?")).to_be_visible()
    look_at(page, "search-idle")
    page.get_by_role("searchbox").fill("kettle mia")
    expect(hits(page)).to_have_count(1)
    page.get_by_role("searchbox").fill("kettle")
    expect(hits(page)).to_have_count(30)
    look_at(page, "search")


def test_something_is_found_in_the_open_conversation(
    shop: ProcessServer, desk: Desk, open_page: NewPage
) -> None:
    boss = desk.agent("boss", name=BOSS.name, role=Role.ADMIN)
    mia = desk.visitor("mia", name="Mia Miller")
    about = mia.begin("The first kettle")["id"]
    for number in range(2, 130):
        mia.write(about, f"Message {number}\nof many")
    mia.write(about, "The second kettle")
    boss.write(about, "A note on the kettle", visibility="internal")
    elsewhere = desk.visitor("ben", name="Ben").begin("A kettle elsewhere")["id"]
    eventually(lambda: len(boss.post("/search", {"q": "kettle"}, 200)["items"]) == 4)
    page = open_page(f"{shop.url}/support/console/#/conversations/{about}", user=BOSS)
    log = page.get_by_role("log", name="Messages")
    note = log.get_by_text("A note on the kettle")
    expect(note).to_be_visible()
    log.focus()
    page.keyboard.press("f")
    bar = page.get_by_role("search", name="Find in this conversation")
    field = bar.get_by_role("searchbox")
    expect(field).to_be_focused()
    page.keyboard.type("kettle")
    expect(bar.get_by_role("status")).to_have_text("1 of 3")
    expect(note).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(bar.get_by_role("status")).to_have_text("2 of 3")
    expect(log.get_by_text("The second kettle")).to_be_in_viewport()
    # This one is not loaded. The focus stays, for the next key.
    page.keyboard.press("Enter")
    expect(bar.get_by_role("status")).to_have_text("3 of 3")
    expect(log.get_by_text("The first kettle")).to_be_in_viewport()
    expect(field).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(bar.get_by_role("status")).to_have_text("1 of 3")
    expect(note).to_be_in_viewport()
    bar.get_by_role("button", name="Newer message").click()
    expect(bar.get_by_role("status")).to_have_text("3 of 3")
    expect(log.get_by_text("The first kettle")).to_be_in_viewport()
    field.fill("nowhere")
    expect(bar.get_by_role("status")).to_have_text("Nothing found")
    field.press("Escape")
    expect(bar).to_have_count(0)
    expect(log).to_be_focused()
    # On a phone it is in the details.
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Show details").click()
    page.get_by_role("button", name="Find in the conversation").click()
    expect(field).to_be_focused()
    field.fill("kettle")
    expect(bar.get_by_role("status")).to_have_text("1 of 3")
    look_at(page, "find-phone")
    # An answer that comes when the agent has gone to another conversation leaves them there.
    page.set_viewport_size({"width": 1440, "height": 900})
    waiting: list[Route] = []
    page.route("**/api/v1/search", lambda route: waiting.append(route))
    with page.expect_request("**/api/v1/search"):
        field.fill("first")
    page.goto(f"{shop.url}/support/console/#/conversations/{elsewhere}")
    expect(log.get_by_text("A kettle elsewhere")).to_be_visible()
    with page.expect_event("requestfinished", lambda request: request.url.endswith("/search")):
        waiting[0].continue_()
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    assert page.url.endswith(elsewhere)
