"""The screen of API keys: created, shown once, rotated and revoked, by mouse and by keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from campfire_chat import Agent, Role
from tests.browser.conftest import SIZES, NewPage
from tests.browser.looking import look_at
from tests.support.engines import copy_sqlite
from tests.support.people import Desk
from tests.support.servers import ProcessServer, process_server

BOSS = Agent(id="boss", name="Ada Lovelace", role=Role.ADMIN)


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[ProcessServer]:
    with process_server(copy_sqlite(sqlite_template, tmp_path / "campfire.db")) as server:
        yield server


def console(open_page: NewPage, server: ProcessServer, **options: object) -> Page:
    options.setdefault("user", BOSS)
    page = open_page(f"{server.url}/support/console/#/api-keys", **options)
    expect(page.get_by_role("heading", name="API keys", exact=True)).to_be_visible()
    return page


def rows(page: Page) -> Locator:
    return page.get_by_role("list", name="API keys").locator("> li")


def status_of(server: ProcessServer, secret: str) -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.get(f"{server.url}/support/api/v1/agents", headers=headers).status_code


def secret_in(page: Page) -> str:
    dialog = page.get_by_role("dialog", name="Your new API key")
    secret = dialog.get_by_role("textbox").input_value()
    assert re.fullmatch("cfk_[0-9a-z]{65}", secret)
    dialog.get_by_role("button", name="Done").press("Enter")
    expect(dialog).to_have_count(0)
    return secret


def test_a_key_from_beginning_to_end_by_keys_alone(shop: ProcessServer, open_page: NewPage) -> None:
    page = console(open_page, shop)
    expect(page.get_by_text("There is no API key")).to_be_visible()
    page.keyboard.press("n")
    form = page.get_by_role("dialog", name="Create an API key")
    expect(form.get_by_role("textbox", name="Name")).to_be_focused()
    page.keyboard.type("Shop backend")
    page.keyboard.press("Enter")
    expect(form.get_by_role("alert")).to_have_text("Choose at least one permission.")
    form.get_by_role("checkbox", name=re.compile(r"^agents\.read")).press("Space")
    form.get_by_role("textbox", name="Name").press("Enter")
    secret = secret_in(page)
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Shop backend")
    expect(rows(page)).to_contain_text("never used")
    expect(rows(page)).to_contain_text("1 permission")
    assert secret not in page.content()
    assert status_of(shop, secret) == 200

    page.keyboard.press("j")
    expect(rows(page).first).to_be_focused()
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog", name=re.compile("^Rotate"))
    dialog.get_by_label("The old secret stays valid").select_option("not at all")
    dialog.get_by_role("button", name="Rotate").press("Enter")
    second = secret_in(page)
    assert (status_of(shop, secret), status_of(shop, second)) == (401, 200)

    page.keyboard.press("j")
    expect(rows(page).first).to_be_focused()
    page.keyboard.press("Delete")
    dialog = page.get_by_role("dialog", name=re.compile("^Revoke"))
    dialog.get_by_role("button", name="Revoke").press("Enter")
    expect(rows(page)).to_have_count(0)
    assert status_of(shop, second) == 401


def test_the_secret_is_copied(shop: ProcessServer, open_page: NewPage) -> None:
    page = console(open_page, shop)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Create a key").click()
    form = page.get_by_role("dialog", name="Create an API key")
    form.get_by_role("textbox", name="Name").fill("Import")
    form.get_by_text("contacts.write", exact=True).click()
    form.get_by_label("Expires").select_option("never")
    form.get_by_role("button", name="Create the key").click()
    dialog = page.get_by_role("dialog", name="Your new API key")
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("status")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == secret_in(page)
    expect(rows(page)).to_contain_text("does not expire")


def test_what_a_colleague_does_is_seen(shop: ProcessServer, open_page: NewPage) -> None:
    page = console(open_page, shop)
    colleague = Desk(f"{shop.url}/support", "default").agent("grace", role=Role.OWNER)
    body = {"name": "Nightly", "permissions": ["agents.read"]}
    key = colleague.post("/api-keys", body)["key"]
    expect(rows(page)).to_contain_text("Nightly")
    colleague.delete(f"/api-keys/{key['id']}")
    expect(rows(page)).to_have_count(0)


def test_agents_do_not_find_it(shop: ProcessServer, open_page: NewPage) -> None:
    page = open_page(
        f"{shop.url}/support/console/#/api-keys", user=Agent(id="ada", name="Ada Lovelace")
    )
    views = page.get_by_role("navigation", name="Views")
    expect(views).to_be_visible()
    expect(views.get_by_role("button", name="API keys")).to_have_count(0)
    expect(page.get_by_role("heading", name="API keys", exact=True)).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
def test_the_look(shop: ProcessServer, open_page: NewPage, size: str) -> None:
    boss = Desk(f"{shop.url}/support", "default").agent("boss", role=Role.ADMIN)
    for name in ("Shop backend", "Nightly import of customers"):
        body = {"name": name, "permissions": ["agents.read", "contacts.write"]}
        boss.post("/api-keys", body)
    page = console(open_page, shop, size=size)
    expect(rows(page)).to_have_count(2)
    rows(page).first.get_by_text("2 permissions").click()
    look_at(page, "api-keys")
    page.get_by_role("button", name="Create a key").click()
    expect(page.get_by_role("dialog", name="Create an API key")).to_be_visible()
    look_at(page, "api-keys-create")
