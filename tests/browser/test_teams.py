"""Teams in the console: the screen, the team of a conversation, and the lists of a team."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from campfire_chat import Agent, Role
from tests.browser.conftest import SIZES, NewPage
from tests.browser.looking import look_at
from tests.browser.test_navigation import wait_for
from tests.support.engines import copy_sqlite
from tests.support.people import Desk
from tests.support.servers import ProcessServer, process_server

BOSS = Agent(id="boss", name="Ada Lovelace", role=Role.ADMIN)


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[ProcessServer]:
    with process_server(copy_sqlite(sqlite_template, tmp_path / "campfire.db")) as server:
        yield server


@pytest.fixture
def desk(shop: ProcessServer) -> Desk:
    desk = Desk(f"{shop.url}/support", "default")
    for id, name in (("grace", "Grace Hopper"), ("alan", "Alan Turing")):
        desk.agent(id, name=name).get("/me")
    return desk


def console(open_page: NewPage, server: ProcessServer, **options: Any) -> Page:
    options.setdefault("user", BOSS)
    page = open_page(f"{server.url}/support/console/#/teams", **options)
    expect(page.get_by_role("heading", name="Teams", exact=True)).to_be_visible()
    return page


def rows(page: Page) -> Locator:
    return page.get_by_role("list", name="Teams").locator("> li")


def found_in(page: Page, picker: str) -> Locator:
    """What can be picked now."""
    return page.get_by_role("listbox", name=picker).get_by_role("option")


def test_a_team_from_beginning_to_end_by_keys_alone(
    shop: ProcessServer, desk: Desk, open_page: NewPage
) -> None:
    page = console(open_page, shop)
    expect(page.get_by_text("No teams yet")).to_be_visible()
    page.keyboard.press("n")
    form = page.get_by_role("dialog", name="New team")
    expect(form.get_by_role("textbox", name="Name")).to_be_focused()
    page.keyboard.type("Billing")
    page.keyboard.press("Tab")
    page.keyboard.type("Invoices and refunds")
    page.keyboard.press("Tab")
    page.keyboard.type("gra")
    expect(form.get_by_role("checkbox")).to_have_count(1)
    form.get_by_role("checkbox", name="Grace Hopper").press("Space")
    expect(form.get_by_text("1 agent chosen")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(form).to_have_count(0)
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Invoices and refunds")
    expect(rows(page)).to_contain_text("1 agent")

    page.keyboard.press("j")
    expect(rows(page).first).to_be_focused()
    page.keyboard.press("e")
    form = page.get_by_role("dialog", name="Edit the team")
    name = form.get_by_role("textbox", name="Name")
    expect(name).to_be_focused()
    name.fill("Money")
    form.get_by_role("checkbox", name="Alan Turing").press("Space")
    name.press("Enter")
    expect(rows(page)).to_contain_text("Money")
    expect(rows(page)).to_contain_text("2 agents")
    expect(rows(page).first).to_be_focused()

    page.keyboard.press("Delete")
    dialog = page.get_by_role("dialog", name="Delete this team?")
    dialog.get_by_role("button", name="Delete").press("Enter")
    expect(rows(page)).to_have_count(0)


def test_what_is_refused_is_said_at_its_field(
    shop: ProcessServer, desk: Desk, open_page: NewPage
) -> None:
    boss = desk.agent("boss", name=BOSS.name, role=Role.ADMIN)
    boss.post("/teams", {"name": "Billing"})
    page = console(open_page, shop)
    page.get_by_role("button", name="New team").click()
    form = page.get_by_role("dialog", name="New team")
    name = form.get_by_role("textbox", name="Name")
    name.fill("billing")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("Another team is called billing.")
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")


def test_what_a_colleague_does_is_seen(shop: ProcessServer, desk: Desk, open_page: NewPage) -> None:
    page = console(open_page, shop)
    colleague = desk.agent("boss-2", role=Role.OWNER)
    team = colleague.post("/teams", {"name": "Returns"})
    expect(rows(page)).to_contain_text("Returns")
    colleague.patch(f"/teams/{team['id']}", {"name": "Repairs"})
    expect(rows(page)).to_contain_text("Repairs")
    colleague.delete(f"/teams/{team['id']}")
    expect(rows(page)).to_have_count(0)


def test_who_may_not_change_them_only_sees_them(
    shop: ProcessServer, desk: Desk, open_page: NewPage
) -> None:
    desk.agent("boss", role=Role.ADMIN).post("/teams", {"name": "Billing"})
    page = console(open_page, shop, user=Agent(id="eve", name="Eve"))
    expect(rows(page)).to_contain_text("Billing")
    expect(page.get_by_role("button", name=re.compile("New team|Edit|Delete"))).to_have_count(0)
    page.keyboard.press("n")
    page.keyboard.press("j")
    expect(rows(page).first).to_be_focused()
    page.keyboard.press("e")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_conversation_is_given_to_a_team_and_found_there(
    shop: ProcessServer, desk: Desk, open_page: NewPage
) -> None:
    boss = desk.agent("boss", name=BOSS.name, role=Role.ADMIN)
    team = boss.post("/teams", {"name": "Billing"})
    mia, tom = desk.visitor("mia", name="Mia"), desk.visitor("tom", name="Tom")
    about = mia.begin("Where is my invoice?")["id"]
    tom.begin("Hello?")
    page = open_page(f"{shop.url}/support/console/#/conversations/{about}", user=BOSS)
    details = page.get_by_role("region", name="Details")
    expect(details.get_by_role("button", name="Team: No team")).to_be_visible()
    expect(page.locator("#thread-log")).to_be_focused()
    page.keyboard.press("m")
    field = page.get_by_role("combobox", name="Team", exact=True)
    expect(field).to_be_focused()
    page.keyboard.type("bil")
    expect(found_in(page, "Team")).to_contain_text("Billing")
    page.keyboard.press("Enter")
    expect(details.get_by_role("button", name="Team: Billing")).to_be_visible()
    said = re.compile("gave the conversation to the team .?Billing")
    expect(page.get_by_text(said)).to_be_visible()
    found = page.locator("a.row")
    expect(found).to_have_count(2)
    chooser = page.get_by_label("Only of a team")
    chooser.select_option("Billing")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("Mia")
    # Another name shows at once, everywhere.
    boss.patch(f"/teams/{team['id']}", {"name": "Money"})
    expect(found).to_contain_text("Money")
    expect(details.get_by_role("button", name="Team: Money")).to_be_visible()
    # The choice holds, and ends with the team.
    page.reload()
    expect(found).to_have_count(1)
    boss.delete(f"/teams/{team['id']}")
    expect(found).to_have_count(2)
    expect(details.get_by_role("button", name="Team: Money")).to_be_visible()


def test_a_note_mentions_somebody(shop: ProcessServer, desk: Desk, open_page: NewPage) -> None:
    boss = desk.agent("boss", name=BOSS.name, role=Role.ADMIN)
    grace = desk.agent("grace", name="Grace Hopper")
    me = boss.get("/me")["id"]
    team = boss.post("/teams", {"name": "Billing", "members": [me]})
    about = desk.visitor("mia", name="Mia").begin("Where is my invoice?")["id"]
    page = open_page(f"{shop.url}/support/console/#/conversations/{about}", user=BOSS)
    # Opening it moves the focus there: from then on the keys are heard.
    expect(page.locator("#thread-log")).to_be_focused()
    page.keyboard.press("r")
    page.keyboard.type("@")
    expect(page.get_by_role("combobox", name="Mention somebody")).to_have_count(0)
    page.keyboard.press("Backspace")
    page.keyboard.press("Control+.")
    field = page.get_by_role("textbox", name="Private note for your team")
    expect(field).to_be_focused()
    page.keyboard.type("Ask @")
    expect(page.get_by_role("combobox", name="Mention somebody")).to_be_focused()
    # What is typed below is a mention only once the teams are known.
    expect(found_in(page, "Mention somebody").filter(has_text="Billing")).to_be_visible()
    page.keyboard.type("gra")
    expect(found_in(page, "Mention somebody")).to_contain_text("Grace Hopper")
    page.keyboard.press("Enter")
    expect(field).to_have_value("Ask @Grace Hopper ")
    page.keyboard.type("or (@Billing).")
    page.keyboard.press("Enter")
    log = page.get_by_role("log")
    expect(log.get_by_text("Ask @Grace Hopper or (@Billing).")).to_be_visible()
    # It is shown before it is stored, and has an id only then.
    expect(page.locator("[data-message] .mention.me")).to_have_text("@Billing")
    [note] = [one for one in boss.thread(about) if one["visibility"] == "internal"]
    assert note["body"] == f"Ask <@{grace.get('/me')['id']}> or (<@{team['id']}>)."
    # Another name shows in what was written before, and an edit keeps the ids.
    boss.patch(f"/teams/{team['id']}", {"name": "Money"})
    expect(page.locator(".mention.me")).to_have_text("@Money")
    field.focus()
    page.keyboard.press("ArrowUp")
    editor = page.locator(".edit-form textarea")
    expect(editor).to_have_value("Ask @Grace Hopper or (@Money).")
    editor.fill("Ask @Grace Hopper.")
    page.keyboard.press("Enter")
    expect(page.locator(".mention")).to_have_text("@Grace Hopper")


def test_a_list_that_is_not_there_yet_says_so(
    shop: ProcessServer, desk: Desk, open_page: NewPage
) -> None:
    about = desk.visitor("mia", name="Mia").begin("Where is my invoice?")["id"]
    page = open_page(f"{shop.url}/support/console/#/conversations/{about}", user=BOSS)
    held: list[Route] = []
    page.route("**/api/v1/agents", lambda route: held.append(route))
    page.reload()
    expect(page.locator("#thread-log")).to_be_focused()
    page.keyboard.press("n")
    expect(page.get_by_role("textbox", name="Private note for your team")).to_be_focused()
    page.keyboard.type("@")
    expect(page.get_by_role("combobox", name="Mention somebody")).to_be_focused()
    expect(page.get_by_text("Loading agents and teams")).to_be_visible()
    wait_for(page, lambda: bool(held))
    for route in held:
        route.continue_()
    expect(found_in(page, "Mention somebody").filter(has_text="Grace Hopper")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_the_look(shop: ProcessServer, desk: Desk, open_page: NewPage, size: str) -> None:
    boss = desk.agent("boss", name=BOSS.name, role=Role.ADMIN)
    people = [agent["id"] for agent in boss.get("/agents")["items"]]
    boss.post("/teams", {"name": "Billing", "description": "Invoices", "members": people})
    team = boss.post("/teams", {"name": "A rather long name for a team that ships parcels"})
    about = desk.visitor("mia", name="Mia").begin("Hello?")["id"]
    boss.patch(f"/conversations/{about}", {"team_id": team["id"], "tags": ["tea"]})
    page = console(open_page, shop, size=size)
    expect(rows(page)).to_have_count(2)
    look_at(page, "teams")
    page.get_by_role("button", name="New team").click()
    expect(page.get_by_role("dialog", name="New team")).to_be_visible()
    look_at(page, "teams-create")
    page.keyboard.press("Escape")
    page.goto(f"{shop.url}/support/console/#/")
    expect(page.locator("a.row")).to_contain_text("A rather long name")
    look_at(page, "teams-inbox")
