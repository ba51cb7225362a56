"""The console around its screens: where the address leads, and what each screen brings with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Locator, Page, Route, expect

from campfire_chat import Agent, Role, Visitor
from campfire_chat.core import clock
from tests.browser.conftest import SIZES, NewPage
from tests.browser.looking import look_at, violations
from tests.browser.screens import ConsoleScreen
from tests.browser.test_navigation import wait_for
from tests.rest.test_jobs import put
from tests.support.engines import copy_sqlite
from tests.support.people import Desk
from tests.support.servers import ProcessServer, process_server
from tests.support.truth import Truth

BOSS = Agent(id="boss", name="Ada Lovelace", role=Role.ADMIN)
ADA = Agent(id="ada", name="Ada Lovelace")
MIA = Visitor(id="mia", name="Mia Berger")

ERROR = "ConnectError: https://hooks.example/desk did not answer within 10 seconds"

#: Milliseconds of work after which a screen has to be there.
AT_ONCE = 100


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[tuple[ProcessServer, Truth]]:
    """A server with a conversation and four jobs, of which three failed for good."""
    url = copy_sqlite(sqlite_template, tmp_path / "campfire.db")
    with process_server(url) as server:
        desk = Desk(f"{server.url}/support", "default")
        desk.visitor("mia", name=MIA.name).begin("Where is my kettle?")
        truth = Truth(url)
        now = clock.now()
        for number in range(3):
            put(
                truth,
                "default",
                parked_at=now - number * 3600 * clock.SECOND,
                error=ERROR if number == 0 else "ValueError: seven",
            )
        put(truth, "default")
        yield server, truth


def console(open_page: NewPage, server: ProcessServer, path: str = "", **options: object) -> Page:
    options.setdefault("user", BOSS)
    page = open_page(f"{server.url}/support/console/{path}", **options)
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    return page


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", name="Jobs", exact=True)


def rows(page: Page) -> Locator:
    return page.get_by_role("list", name=re.compile("^Jobs: ")).get_by_role("listitem")


def to_jobs(page: Page) -> None:
    page.get_by_role("navigation", name="Views").get_by_role("button", name="Jobs").click()


def test_what_failed_is_tried_again_or_dropped(
    shop: tuple[ProcessServer, Truth], open_page: NewPage
) -> None:
    page = console(open_page, shop[0])
    to_jobs(page)
    expect(heading(page)).to_be_visible()
    assert page.url.endswith("#/jobs")
    expect(page).to_have_title(re.compile("Jobs"))
    expect(rows(page)).to_have_count(3)
    expect(rows(page).first).to_contain_text(ERROR)
    expect(rows(page).first).to_contain_text("3 attempts")

    rows(page).first.get_by_role("button", name="Try again").click()
    expect(rows(page)).to_have_count(2)
    expect(page.get_by_text("It will be tried again at once.")).to_be_visible()

    rows(page).first.get_by_role("button", name="Drop").click()
    dialog = page.get_by_role("dialog", name="Drop this job?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(rows(page)).to_have_count(2)
    rows(page).first.get_by_role("button", name="Drop").click()
    dialog.get_by_role("button", name="Drop").click()
    expect(rows(page)).to_have_count(1)

    page.get_by_role("button", name="Waiting", exact=True).click()
    expect(rows(page)).to_have_count(2)
    expect(rows(page).get_by_role("button")).to_have_count(0)


def test_by_keys_alone(shop: tuple[ProcessServer, Truth], open_page: NewPage) -> None:
    page = console(open_page, shop[0])
    page.keyboard.press("Control+k")
    page.keyboard.type("go to jobs")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(3)
    page.keyboard.press("?")
    help = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help.get_by_text("Next job")).to_be_visible()
    # The keys of the inbox mean nothing here.
    expect(help.get_by_text("Assign to me")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows(page).nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(rows(page).first).to_be_focused()
    # The next one has the focus once the first has gone.
    page.keyboard.press("r")
    expect(rows(page)).to_have_count(2)
    expect(rows(page).first).to_be_focused()
    page.keyboard.press("Delete")
    dialog = page.get_by_role("dialog", name="Drop this job?")
    expect(dialog).to_be_visible()
    page.keyboard.press("r")
    dialog.get_by_role("button", name="Drop").press("Enter")
    expect(rows(page)).to_have_count(1)
    expect(rows(page).first).to_be_focused()


def test_an_answer_of_before_brings_no_job_back(
    shop: tuple[ProcessServer, Truth], open_page: NewPage
) -> None:
    page = console(open_page, shop[0], "#/jobs")
    expect(rows(page)).to_have_count(3)
    # Who does not look is not asked for by the clock, which would bring a newer answer.
    page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'hidden'})")
    late: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        if late:
            route.continue_()
        else:
            late.append((route, route.fetch()))

    page.route(re.compile(r"/api/v1/jobs\?"), hold_the_first)
    refresh = page.get_by_role("button", name="Refresh")
    refresh.click()
    wait_for(page, lambda: bool(late))
    rows(page).first.get_by_role("button", name="Try again").click()
    expect(rows(page)).to_have_count(2)
    route, answer = late[0]
    route.fulfill(response=answer)
    expect(refresh).to_have_attribute("aria-busy", "false")
    expect(rows(page)).to_have_count(2)


@pytest.mark.parametrize("size", SIZES)
def test_the_look(
    shop: tuple[ProcessServer, Truth],
    open_page: NewPage,
    size: str,
) -> None:
    page = console(open_page, shop[0], "#/jobs", size=size)
    expect(rows(page)).to_have_count(3)
    look_at(page, "jobs")
    rows(page).first.get_by_role("button", name="Drop").click()
    expect(page.get_by_role("dialog", name="Drop this job?")).to_be_visible()
    look_at(page, "jobs-drop")


def test_an_address_that_is_nobodys_is_the_inbox(
    shop: tuple[ProcessServer, Truth], open_page: NewPage
) -> None:
    for path in ("#/nowhere", "#/conversations", "#/%E0%A4%A", "#nothing", "#/jobs/x/../.."):
        page = console(open_page, shop[0], path)
        shown = ConsoleScreen(page).row("Mia Berger") if "jobs" not in path else heading(page)
        expect(shown).to_be_visible()


def test_a_screen_is_only_for_whom_it_is(
    shop: tuple[ProcessServer, Truth], open_page: NewPage
) -> None:
    """Not in the rail, not in the palette, and its address is that of the inbox."""
    page = console(open_page, shop[0], "#/jobs", user=ADA)
    expect(ConsoleScreen(page).row("Mia Berger")).to_be_visible()
    expect(page.get_by_role("button", name="Jobs")).to_have_count(0)
    page.keyboard.press("Control+k")
    page.keyboard.type("jobs")
    expect(page.get_by_text("No conversation or command matches.")).to_be_visible()


def test_the_way_back(shop: tuple[ProcessServer, Truth], open_page: NewPage) -> None:
    page = console(open_page, shop[0])
    screen = ConsoleScreen(page)
    screen.enter("Mia Berger")
    to_jobs(page)
    expect(heading(page)).to_be_visible()
    page.go_back()
    expect(screen.field).to_be_visible()
    to_jobs(page)
    screen.show("Unassigned")
    expect(screen.row("Mia Berger")).to_be_visible()
    expect(heading(page)).to_have_count(0)


def test_a_change_of_screen_takes_no_time(
    shop: tuple[ProcessServer, Truth], open_page: NewPage
) -> None:
    """It is there with the next frame, after little work: how busy the machine is, is no matter."""
    page = console(open_page, shop[0])
    expect(ConsoleScreen(page).row("Mia Berger")).to_be_visible()
    # Loaded as soon as the page has nothing else to do.
    page.wait_for_function(
        "() => performance.getEntriesByType('resource')"
        ".some(({name}) => /JobsScreen.*js/.test(name))"
    )
    page.wait_for_load_state("networkidle")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def worked() -> float:
        """Milliseconds for which the page's own thread had the processor."""
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(one["value"] for one in metrics if one["name"] == "ThreadTime") * 1000

    before = worked()
    frames: list[int] = page.evaluate(
        """async () => {
          const buttons = [...document.querySelectorAll("nav button")];
          const found = (name) => buttons.find((button) => button.textContent.includes(name));
          const frame = () => new Promise(requestAnimationFrame);
          const frames = [];
          for (let turn = 0; turn < 5; turn++) {
            for (const [name, mark] of [["Jobs", ".job-list"], ["All", ".inbox"]]) {
              found(name).click();
              let count = 0;
              do { await frame(); count++; }
              while (!document.querySelector(mark));
              frames.push(count);
            }
          }
          return frames;
        }"""
    )
    assert frames == [1] * 10
    assert (worked() - before) / len(frames) < AT_ONCE


def test_code_that_is_gone_after_an_update(
    shop: tuple[ProcessServer, Truth], open_page: NewPage
) -> None:
    """Said as it is, with a way out, and nothing that was written is lost."""
    gone = {"now": True}

    def answer(route: Route) -> None:
        if gone["now"]:
            route.fulfill(status=404, body="")
        else:
            route.continue_()

    server = shop[0]
    page = open_page(f"{server.url}/home", BOSS)
    page.route(re.compile(r"/assets/JobsScreen-.*\.js"), answer)
    page.goto(f"{server.url}/support/console/")
    screen = ConsoleScreen(page)
    screen.enter("Mia Berger")
    screen.field.fill("It is on its")
    to_jobs(page)
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("could not be loaded")
    assert violations(page) == []
    notice.get_by_role("button", name="Try again").click()
    expect(notice).to_contain_text("could not be loaded")
    # The rest of the console works on.
    page.go_back()
    expect(screen.field).to_have_value("It is on its")
    to_jobs(page)
    # That try is over: it would find the code after all.
    expect(notice).to_contain_text("could not be loaded")
    gone["now"] = False
    notice.get_by_role("button", name="Reload the page").click()
    expect(rows(page)).to_have_count(3)
    page.go_back()
    expect(screen.field).to_have_value("It is on its")
