"""The screen of webhooks: create one, see what it sends, pause it, give it a new secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Route, expect

from campfire_chat import Agent, Role
from tests.browser.conftest import SIZES, NewPage
from tests.browser.looking import look_at, violations
from tests.browser.test_navigation import wait_for
from tests.browser.test_shell import console
from tests.support.engines import copy_sqlite
from tests.support.people import Desk
from tests.support.receiver import Receiver, says
from tests.support.servers import ProcessServer, eventually, process_server

ADA = Agent(id="ada", name="Ada Lovelace")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def server(sqlite_template: Path, tmp_path: Path) -> Iterator[ProcessServer]:
    url = copy_sqlite(sqlite_template, tmp_path / "campfire.db")
    with process_server(url, webhook_networks=["127.0.0.0/8"]) as running:
        yield running


def test_by_keys_alone(server: ProcessServer, receiver: Receiver, open_page: NewPage) -> None:
    page = console(open_page, server, "#/webhooks")
    expect(page.get_by_text("No webhooks yet")).to_be_visible()
    page.keyboard.press("n")
    form = page.get_by_role("dialog", name="New webhook")
    expect(form.get_by_label("URL")).to_be_focused()
    page.keyboard.type("ftp://nowhere.example")
    page.keyboard.press("Enter")
    expect(form.get_by_role("alert")).to_contain_text("must begin with https")
    form.get_by_label("URL").fill(receiver.url)
    page.keyboard.press("Tab")
    page.keyboard.type("CRM")
    form.get_by_label("Only these").press("Space")
    form.get_by_label("message.created").press("Space")
    assert violations(page) == []
    page.keyboard.press("Enter")
    secret = page.get_by_role("dialog", name="Keep this secret")
    expect(secret.get_by_label("Secret")).to_have_value(re.compile(r"^whsec_"))
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(secret).to_have_count(0)
    expect(page.get_by_role("heading", name="CRM")).to_be_visible()

    page.keyboard.press("t")
    eventually(lambda: receiver.requests)
    expect(page.get_by_role("list", name="Deliveries")).to_contain_text("webhook.test")
    expect(page.get_by_role("list", name="Deliveries")).to_contain_text("Delivered")
    page.keyboard.press("j")
    expect(page.get_by_role("button", name="Show details")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("What is sent")).to_contain_text('"type": "webhook.test"')
    expect(page.get_by_role("heading", name="Attempt 1")).to_be_visible()
    assert violations(page) == []


def test_pause_resume_rotate_replay_and_delete(
    server: ProcessServer, receiver: Receiver, open_page: NewPage
) -> None:
    receiver.answer = says(410, "no longer here")
    desk = Desk(f"{server.url}/support", "default")
    admin = desk.agent("boss", name="Ada Lovelace", role=Role.ADMIN)
    webhook = admin.post(
        "/webhooks",
        {"url": receiver.url, "description": "CRM", "events": ["message.created"], "text": "all"},
    )
    page = console(open_page, server, "#/webhooks")
    page.get_by_role("link", name=re.compile("CRM")).click()
    expect(page.get_by_role("list", name="Deliveries")).to_have_count(1)
    # The event comes while somebody looks, wherever they are.
    desk.visitor("mia", name="Mia").begin("Where is my kettle?")
    expect(page.get_by_text("The webhook CRM was paused")).to_be_visible()
    expect(page.get_by_text("Paused because the receiver answered 410")).to_be_visible()
    expect(page.get_by_role("button", name="Send test")).to_be_disabled()
    receiver.answer = says(204)
    page.get_by_role("button", name="Resume").click()
    eventually(lambda: len(receiver.requests) == 2)
    expect(page.get_by_role("list", name="Deliveries")).to_contain_text("Delivered")
    page.get_by_role("button", name="Replay", exact=True).click()
    eventually(lambda: len(receiver.requests) == 3)

    page.get_by_role("button", name="New secret").click()
    dialog = page.get_by_role("dialog", name="Make a new secret?")
    dialog.get_by_role("button", name="New secret").click()
    secret = page.get_by_role("dialog", name="Keep this secret")
    expect(secret.get_by_label("Secret")).not_to_have_value(webhook["secret"])
    secret.get_by_role("button", name="Done").click()
    expect(page.get_by_text("the old secret is valid until")).to_be_visible()

    page.get_by_role("button", name="Edit").click()
    form = page.get_by_role("dialog", name="Edit webhook")
    form.get_by_label("Description").fill("The CRM")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="The CRM")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete this webhook?")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No webhooks yet")).to_be_visible()


def test_an_older_answer_that_comes_later_counts_no_more(
    server: ProcessServer, receiver: Receiver, open_page: NewPage
) -> None:
    admin = Desk(f"{server.url}/support", "default").agent("boss", role=Role.ADMIN)
    page = console(open_page, server, "#/webhooks")
    expect(page.get_by_text("No webhooks yet")).to_be_visible()
    late: list[tuple[Route, APIResponse]] = []

    def answer(route: Route) -> None:
        response = route.fetch()
        if len(late) == 0 and response.json()["items"]:
            late.append((route, response))
        else:
            route.fulfill(response=response)

    page.route(re.compile(r"/api/v1/webhooks$"), answer)
    webhook = admin.post("/webhooks", {"url": receiver.url, "description": "CRM"})
    wait_for(page, lambda: bool(late))
    admin.post("/webhooks", {"url": receiver.url, "description": "Accounts"})
    listed = page.get_by_role("list", name="Webhooks").get_by_role("listitem")
    expect(listed).to_have_count(2)
    admin.delete(f"/webhooks/{webhook['id']}")
    expect(listed).to_have_count(1)
    [(route, response)] = late
    with page.expect_event("requestfinished", lambda request: request == route.request):
        route.fulfill(response=response)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    expect(listed).to_have_count(1)
    expect(listed).to_contain_text("Accounts")


def test_a_paused_webhook_without_a_description_is_named_by_its_host(
    server: ProcessServer, receiver: Receiver, open_page: NewPage
) -> None:
    receiver.answer = says(410)
    desk = Desk(f"{server.url}/support", "default")
    admin = desk.agent("boss", name="Ada Lovelace", role=Role.ADMIN)
    admin.post("/webhooks", {"url": receiver.url, "events": ["message.created"]})
    page = console(open_page, server, "#/webhooks")
    expect(page.get_by_role("list", name="Webhooks").get_by_role("listitem")).to_have_count(1)
    desk.visitor("mia", name="Mia").begin("Where is my kettle?")
    expect(page.get_by_text(f"The webhook 127.0.0.1:{receiver.port} was paused")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_the_look(
    server: ProcessServer,
    receiver: Receiver,
    open_page: NewPage,
    size: str,
) -> None:
    receiver.answer = says(503, "broken for now")
    desk = Desk(f"{server.url}/support", "default")
    admin = desk.agent("boss", name="Ada Lovelace", role=Role.ADMIN)
    webhook = admin.post("/webhooks", {"url": receiver.url, "description": "CRM"})
    admin.post("/webhooks", {"url": receiver.url, "state": "paused"})
    admin.post(f"/webhooks/{webhook['id']}/test", None)
    eventually(lambda: receiver.requests)
    page = console(open_page, server, "#/webhooks", size=size)
    expect(page.get_by_role("list", name="Webhooks").get_by_role("listitem")).to_have_count(2)
    look_at(page, "webhooks")
    page.get_by_role("link", name=re.compile("CRM")).click()
    expect(page.get_by_role("list", name="Deliveries")).to_contain_text("The answer was 503.")
    page.get_by_role("button", name="Show details").last.click()
    expect(page.get_by_role("heading", name=re.compile("Attempt"))).not_to_have_count(0)
    look_at(page, "webhook")


def test_it_is_for_admins(server: ProcessServer, open_page: NewPage) -> None:
    page = console(open_page, server, "#/webhooks", user=ADA)
    expect(page.get_by_role("button", name="Webhooks")).to_have_count(0)
