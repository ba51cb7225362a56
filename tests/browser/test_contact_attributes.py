"""Attributes of contacts in the console: declared, filled in, seen and filtered by."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from campfire_chat import Agent, Role
from tests.browser.conftest import SIZES, NewPage
from tests.browser.looking import look_at
from tests.support.people import Desk
from tests.support.servers import ProcessServer

BOSS = Agent(id="boss", name="Ada Lovelace", role=Role.ADMIN)
SCHEMA = [
    {"key": "plan", "type": "choice", "choices": ["free", "pro"]},
    {"key": "seats", "type": "number"},
    {"key": "renews", "label": "Renews on", "type": "date"},
    {"key": "source", "editable": False},
    {"key": "site", "type": "link", "editable": False},
]


@pytest.fixture
def server(desk_server: ProcessServer) -> ProcessServer:
    return desk_server


@pytest.fixture
def desk(server: ProcessServer) -> Desk:
    return Desk(f"{server.url}/support", "default")


def test_they_are_declared_filled_in_and_found(
    server: ProcessServer, desk: Desk, open_page: NewPage
) -> None:
    boss = desk.agent("boss", name=BOSS.name, role=Role.ADMIN)
    page = open_page(f"{server.url}/support/console/#/settings/Contacts", user=BOSS)
    page.get_by_role("button", name="Add an attribute").press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("Customer’s plan")
    expect(page.get_by_label("Key for programs")).to_have_value("customer_s_plan")
    page.get_by_label("Type").select_option("Choice")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("needs 1 to 50 different choices")).to_be_visible()
    page.get_by_label("Choices").fill("free\npro")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved", exact=True).first).to_be_visible()
    # Programs know it by its key.
    expect(page.get_by_label("Key for programs")).to_have_attribute("readonly", "")
    assert [item["key"] for item in boss.get("/contact-attributes")["items"]] == ["customer_s_plan"]

    boss.patch("/settings", {"contact_attributes": SCHEMA})
    mia = desk.visitor("mia", name="Mia Miller", attributes={"source": "Fair"})
    tea = mia.begin("Where is my tea?")["id"]
    mia.begin("And my kettle?")
    hello = desk.visitor("zoe", name="Zoë Zander").begin("Hello")["id"]
    zoe = boss.get("/contacts/zoe")["id"]
    page.goto(f"{server.url}/support/console/#/conversations/{tea}")
    beside = page.get_by_role("region", name="Attributes")
    expect(beside.get_by_text("Fair")).to_be_visible()
    others = page.get_by_role("region", name="Other conversations").get_by_role("link")
    expect(others).to_have_count(1)
    beside.get_by_label("Plan").select_option("pro")
    seats = beside.get_by_label("Seats")
    seats.fill("many")
    seats.press("Enter")
    expect(beside.get_by_role("alert")).to_have_text("Seats is a number between -2^53 and 2^53.")
    expect(seats).to_have_value("many")
    with page.expect_response(lambda response: response.request.method == "PATCH") as stored:
        seats.fill("1500")
        seats.press("Enter")
    assert stored.value.ok
    expect(beside.get_by_role("alert")).to_have_count(0)
    assert boss.get("/contacts/mia")["attributes"] == {
        "source": "Fair",
        "plan": "pro",
        "seats": 1500,
    }
    # What a colleague changes is there at once.
    boss.patch("/contacts/mia", {"attributes": {"plan": "free"}})
    expect(beside.get_by_label("Plan")).to_have_value("free")

    page.keyboard.press("c")
    told = page.get_by_role("region", name="Timeline")
    expect(told.get_by_text(re.compile("Seats: .*–.* → .*1,500"))).to_be_visible()
    expect(told.get_by_text(re.compile("Changed by .*Ada Lovelace")).first).to_be_visible()
    about = page.get_by_role("region", name="What is known")
    about.get_by_label("Renews on").fill("2027-05-31")
    about.get_by_label("Renews on").press("Enter")
    expect(told.get_by_text(re.compile("Renews on"))).to_be_visible()

    page.get_by_role("link", name="All contacts").click()
    rows = page.get_by_role("list", name="Contacts").get_by_role("link")
    expect(rows).to_have_count(2)
    page.get_by_role("combobox", name="Filter by an attribute").select_option("Plan")
    page.get_by_role("combobox", name="Value of Plan").select_option("pro")
    expect(page.get_by_text("Nobody has this value")).to_be_visible()
    page.get_by_role("combobox", name="Value of Plan").select_option("free")
    expect(rows).to_have_count(1)
    page.get_by_role("list", name="Contacts").focus()
    page.keyboard.press("l")
    page.get_by_role("listbox", name="Columns").get_by_role("option", name="Seats").click()
    page.keyboard.press("Escape")
    expect(rows.first).to_contain_text("1,500")

    # An answer that comes when somebody else is shown stays where it belongs.
    waiting: list[Route] = []
    page.route("**/api/v1/contacts/*", lambda route: hold(route, waiting))
    for first, second, region in (
        (f"contacts/{boss.get('/contacts/mia')['id']}", f"contacts/{zoe}", "What is known"),
        (f"conversations/{tea}", f"conversations/{hello}", "Attributes"),
    ):
        page.goto(f"{server.url}/support/console/#/{first}")
        known = page.get_by_role("region", name=region)
        expect(known.get_by_text("Fair")).to_be_visible()
        with page.expect_request(lambda request: request.method == "PATCH"):
            known.get_by_label("Plan").select_option("pro" if not waiting else "free")
        page.goto(f"{server.url}/support/console/#/{second}")
        expect(known.get_by_text("Fair")).to_have_count(0)
        expect(known.get_by_label("Plan")).to_be_visible()
        with page.expect_event("requestfinished", lambda request: request.method == "PATCH"):
            waiting[-1].continue_()
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        expect(known.get_by_text("Fair")).to_have_count(0)
        expect(known.get_by_label("Plan")).to_be_visible()


def hold(route: Route, waiting: list[Route]) -> None:
    """Changes wait until the test lets them go on."""
    if route.request.method == "PATCH":
        waiting.append(route)
    else:
        route.continue_()


@pytest.mark.parametrize("size", SIZES)
def test_they_look_right(server: ProcessServer, desk: Desk, open_page: NewPage, size: str) -> None:
    boss = desk.agent("boss", name=BOSS.name, role=Role.ADMIN)
    boss.patch("/settings", {"contact_attributes": SCHEMA})
    said = {"plan": "pro", "source": "Fair", "site": "https://mia.example/" + "x" * 60}
    mia = desk.visitor("mia", name="Mia Miller", attributes=said)
    tea = mia.begin("Where is my tea?")["id"]
    mia.begin("And my kettle?")
    console = f"{server.url}/support/console/"
    page = open_page(f"{console}#/conversations/{tea}", user=BOSS, size=size)
    show = page.get_by_role("button", name="Show details")
    beside = page.get_by_role("region", name="Attributes")
    expect(show.or_(beside).first).to_be_visible()
    if show.is_visible():
        show.click()
    expect(beside.get_by_text("Fair")).to_be_visible()
    look_at(page, "beside")
    page.goto(f"{console}#/contacts/{boss.get('/contacts/mia')['id']}")
    expect(page.get_by_role("region", name="What is known").get_by_text("Fair")).to_be_visible()
    look_at(page, "contact")
    page.goto(f"{console}#/settings/Contacts")
    expect(page.get_by_role("button", name="Add an attribute")).to_be_visible()
    look_at(page, "contact-settings")
