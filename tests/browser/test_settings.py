"""The screen of settings: what people change, what others see of it, and what goes wrong."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from campfire_chat import Agent, Role
from tests.browser.conftest import SIZES, NewPage
from tests.browser.looking import look_at
from tests.browser.test_gaps import on_a_line
from tests.support.people import Desk, Person
from tests.support.servers import ProcessServer

BOSS = Agent(id="boss", name="Ada Lovelace", role=Role.ADMIN)
GRACE = Agent(id="grace", name="Grace Hopper", role=Role.ADMIN)
ALAN = Agent(id="alan", name="Alan Turing")


@pytest.fixture
def server(desk_server: ProcessServer) -> ProcessServer:
    return desk_server


def api(server: ProcessServer, agent: Agent) -> Person:
    desk = Desk(f"{server.url}/support", "default")
    return desk.agent(agent.id, name=agent.name, role=agent.role)


def settings(open_page: NewPage, server: ProcessServer, section: str, **options: object) -> Page:
    options.setdefault("user", BOSS)
    page = open_page(f"{server.url}/support/console/#/settings/{section}", **options)
    expect(form(page, section)).to_be_visible()
    return page


def form(page: Page, section: str) -> Locator:
    return page.get_by_role("form", name=f"Settings: {section.replace('%20', ' ')}")


def field(page: Page, label: str) -> Locator:
    return page.get_by_label(label, exact=True)


def save(page: Page) -> Locator:
    return page.get_by_role("button", name="Save", exact=True)


def saved(page: Page) -> None:
    expect(page.get_by_text("Saved", exact=True).first).to_be_visible()


def test_a_section_is_saved_and_reset(server: ProcessServer, open_page: NewPage) -> None:
    page = settings(open_page, server, "General")
    expect(save(page)).to_be_disabled()
    field(page, "Name").fill("  Tea House ")
    field(page, "Time zone").fill("Europe/Vienna")
    expect(page.get_by_text(re.compile("^It is .* there"))).to_be_visible()
    field(page, "Time zone").press("Enter")
    saved(page)
    expect(field(page, "Name")).to_have_value("Tea House")
    boss = api(server, BOSS)
    values = boss.get("/settings")["values"]
    assert (values["name"], values["time_zone"]) == ("Tea House", "Europe/Vienna")
    page.get_by_role("button", name="Reset to default: Time zone").click()
    expect(field(page, "Time zone")).to_have_value("UTC")
    save(page).click()
    expect(save(page)).to_be_disabled()
    assert boss.get("/settings")["values"]["time_zone"] == "UTC"


def test_every_setting_has_a_field(server: ProcessServer, open_page: NewPage) -> None:
    page = settings(open_page, server, "General")
    boss = api(server, BOSS)
    rows = boss.get("/settings")["settings"] + boss.get("/me/settings")["settings"]
    for section in dict.fromkeys(row["edited_in"] for row in rows):
        page.get_by_role("navigation", name="Sections").get_by_role("button", name=section).click()
        expect(form(page, section)).to_be_visible()
        for row in rows:
            if row["edited_in"] == section:
                field = page.locator(f"#setting-{row['name']}")
                expect(field).to_be_visible()
                expect(field).to_be_enabled()


def test_what_the_server_refuses_is_told_at_the_field(
    server: ProcessServer, open_page: NewPage
) -> None:
    page = settings(open_page, server, "Widget")
    field(page, "Title").fill("Tea help")
    origins = field(page, "Allowed origins")
    origins.fill("https://a.example\nnonsense")
    save(page).click()
    expect(origins).to_have_attribute("aria-invalid", "true")
    expect(origins).to_be_focused()
    expect(page.locator("#setting-allowed_origins-error")).to_contain_text("nonsense")
    # Nothing is lost, and nothing was stored.
    expect(field(page, "Title")).to_have_value("Tea help")
    assert api(server, BOSS).get("/settings")["values"]["widget_name"] is None
    origins.fill("https://a.example")
    save(page).click()
    saved(page)
    values = api(server, BOSS).get("/settings")["values"]
    assert (values["widget_name"], values["allowed_origins"]) == ("Tea help", ["https://a.example"])


def test_a_lost_connection_loses_nothing(server: ProcessServer, open_page: NewPage) -> None:
    page = settings(open_page, server, "General")

    def cut(route: Route) -> None:
        if route.request.method == "PATCH":
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/settings", cut)
    field(page, "Name").fill("Tea House")
    save(page).click()
    expect(page.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible()
    # Nor does another screen.
    views = page.get_by_role("navigation", name="Views")
    views.get_by_role("button", name="All").click()
    views.get_by_role("button", name="Settings").click()
    expect(field(page, "Name")).to_have_value("Tea House")
    page.unroute("**/api/v1/settings")
    save(page).click()
    saved(page)
    assert api(server, BOSS).get("/settings")["values"]["name"] == "Tea House"


def test_a_colleagues_change_shows_at_once_except_under_the_cursor(
    server: ProcessServer, open_page: NewPage
) -> None:
    page = settings(open_page, server, "Widget")
    greeting, title = field(page, "Greeting"), field(page, "Title")
    greeting.fill("Hello from Ada")
    grace = api(server, GRACE)
    grace.patch("/settings", {"widget_name": "Ask us", "widget_greeting": "Hello from Grace"})
    expect(title).to_have_value("Ask us")
    expect(greeting).to_have_value("Hello from Ada")
    told = page.locator("#setting-widget_greeting-conflict")
    expect(told).to_contain_text("Grace Hopper set this to “Hello from Grace”")
    told.get_by_role("button", name="Use that").click()
    expect(greeting).to_have_value("Hello from Grace")
    expect(greeting).to_be_focused()
    expect(told).to_have_count(0)


def test_two_admins_do_not_overwrite_each_other(server: ProcessServer, open_page: NewPage) -> None:
    """Also when the change comes while this one is on its way."""
    page = settings(open_page, server, "Widget")
    field(page, "Greeting").fill("Hello from Ada")
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "PATCH" and not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/v1/settings", hold)
    with page.expect_request(lambda request: request.method == "PATCH"):
        save(page).click()
    grace = api(server, GRACE)
    grace.patch("/settings", {"widget_greeting": "Hello from Grace"})
    held[0].continue_()
    expect(page.get_by_role("alert").filter(has_text="Look at the marked fields")).to_be_visible()
    expect(page.locator("#setting-widget_greeting-conflict")).to_contain_text("Hello from Grace")
    assert grace.get("/settings")["values"]["widget_greeting"] == "Hello from Grace"
    save(page).click()
    saved(page)
    assert grace.get("/settings")["values"]["widget_greeting"] == "Hello from Ada"


def test_without_the_permission_one_reads_and_is_told_why(
    server: ProcessServer, open_page: NewPage
) -> None:
    page = settings(open_page, server, "Widget", user=ALAN)
    expect(page.get_by_text("it needs the permission settings.edit")).to_be_visible()
    expect(field(page, "Title")).not_to_be_editable()
    expect(page.get_by_role("radio", name="Left")).to_be_disabled()
    expect(save(page)).to_have_count(0)


def test_the_preview_follows_what_is_entered(server: ProcessServer, open_page: NewPage) -> None:
    page = settings(open_page, server, "Widget")
    preview = page.get_by_role("img", name=re.compile("^How visitors see the widget"))
    expect(preview).to_contain_text("How can we help?")
    field(page, "Greeting").fill("A question about tea?")
    field(page, "Colour").fill("#ffdd00")
    page.get_by_role("radio", name="Left").check()
    expect(preview).to_contain_text("A question about tea?")
    expect(preview).to_have_attribute("data-side", "left")
    launcher = preview.locator(".widget-launcher")
    expect(launcher).to_have_css("background-color", "rgb(255, 221, 0)")
    expect(launcher).to_have_css("color", "rgb(0, 0, 0)")
    # An unfinished colour is not shown.
    field(page, "Colour").fill("#0f76")
    expect(launcher).to_have_css("background-color", "rgb(194, 65, 12)")
    page.get_by_role("button", name="Discard changes").click()
    expect(preview).to_contain_text("How can we help?")


def test_ones_own_settings_follow_to_other_devices(
    server: ProcessServer, open_page: NewPage
) -> None:
    page = settings(open_page, server, "Your%20settings", user=ALAN)
    other = open_page(f"{server.url}/support/console/", user=ALAN)
    expect(other.locator("html")).to_have_attribute("data-theme", "light")
    page.get_by_role("radio", name="Dark").check()
    page.get_by_role("switch", name="Show the details").uncheck()
    save(page).click()
    saved(page)
    for shown in (page, other):
        expect(shown.locator("html")).to_have_attribute("data-theme", "dark")
    # And the other way, from the menu of the account.
    other.get_by_role("button", name="Change your availability").click()
    other.get_by_role("group", name="Appearance").get_by_role("button", name="Light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.get_by_role("radio", name="Light")).to_be_checked()
    values = api(server, ALAN).get("/me/settings")["values"]
    assert (values["theme"], values["details_open"]) == ("light", False)
    # What was seen last is painted first, before the server has said anything.
    other.route("**/api/v1/**", lambda route: None)
    api(server, ALAN).patch("/me/settings", {"theme": "light"})
    other.reload(wait_until="domcontentloaded")
    expect(other.locator("html")).to_have_attribute("data-theme", "light")


def test_ones_own_settings_follow_although_the_socket_comes_later(
    server: ProcessServer, open_page: NewPage
) -> None:
    page, line = on_a_line(open_page, server, ALAN, held=True)
    with page.expect_response("**/api/v1/me/settings"):
        page.goto(f"{server.url}/support/console/")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    api(server, ALAN).patch("/me/settings", {"theme": "dark"})
    line.release()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_by_keys_alone(server: ProcessServer, open_page: NewPage) -> None:
    page = open_page(f"{server.url}/support/console/", user=BOSS)
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("go to settings")
    page.keyboard.press("Enter")
    expect(form(page, "General")).to_be_visible()
    page.keyboard.press("j")
    expect(form(page, "Widget")).to_be_visible()
    page.keyboard.press("k")
    expect(form(page, "General")).to_be_visible()
    name = field(page, "Name")
    page.keyboard.press("Tab")
    for _ in range(8):
        if name.evaluate("field => field === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(name).to_be_focused()
    page.keyboard.type("Tea")
    page.keyboard.press("Control+Enter")
    saved(page)
    assert api(server, BOSS).get("/settings")["values"]["name"] == "Tea"


@pytest.mark.parametrize("size", SIZES)
def test_the_look(server: ProcessServer, open_page: NewPage, size: str) -> None:
    boss = api(server, BOSS)
    boss.patch("/settings", {"widget_color": "#0f766e", "widget_name": "Tea House"})
    for section in ("General", "Widget", "Your%20settings"):
        page = settings(open_page, server, section, size=size)
        if section == "Widget":
            field(page, "Greeting").fill("Hello from Ada")
            api(server, GRACE).patch("/settings", {"widget_greeting": "Hello from Grace"})
            expect(page.locator("#setting-widget_greeting-conflict")).to_be_visible()
            field(page, "Colour").fill("red")
            save(page).click()
            expect(page.locator("#setting-widget_color-error")).to_be_visible()
        look_at(page, f"settings-{section}")
        width = page.evaluate("document.getElementById('screen').scrollWidth")
        assert width <= page.evaluate("document.getElementById('screen').clientWidth")
        page.close()
