"""The example of the documentation is told of messages."""

from __future__ import annotations

import asyncio
import importlib
import sys

import httpx
import pytest

from campfire_chat import MessageRefusedError, Visitor
from campfire_chat.access.actor import actor_of_visitor
from tests.support.store import Store

pytestmark = pytest.mark.anyio


async def test_the_example(
    database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CAMPFIRE_DATABASE_URL", database_url)
    monkeypatch.setenv("CAMPFIRE_SECRET_KEY", "a key that is only for this test")
    sys.modules.pop("examples.hooks", None)
    campfire = importlib.import_module("examples.hooks").campfire
    caplog.set_level("INFO", logger="shop")
    mia = actor_of_visitor(Visitor(id="mia", name="Mia"))
    async with campfire.lifespan():
        opened, _ = await Store.of(campfire).conversations.open(mia, client_id="1", body="Hello?")
        async with asyncio.timeout(120):
            while f"conversation:{opened.id}#1: Mia wrote in {opened.id}" not in caplog.text:
                await asyncio.sleep(0.01)
        tom = campfire.as_visitor("tom")
        written = await tom.messages.send(
            (await tom.conversations.open("Hello?")).id, "It is 4111 1111 1111 1111."
        )
        assert written.body == "It is [card number]."
        with pytest.raises(MessageRefusedError, match="never send a password"):
            await tom.conversations.open("My password is tea")


async def test_the_example_of_the_hosts_own_code(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMPFIRE_DATABASE_URL", database_url)
    monkeypatch.setenv("CAMPFIRE_SECRET_KEY", "a key that is only for this test")
    sys.modules.pop("examples.host_api", None)
    module = importlib.import_module("examples.host_api")
    campfire, app = module.campfire, module.app
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://shop.example"
        ) as client,
    ):
        about = (await client.post("/fault")).json()["conversation"]
        system = campfire.as_system()
        found = await system.conversations.get(about)
        assert (found.subject, found.contact.name, found.tags) == ("Order 1007", "Maya", ["fault"])
        await campfire.as_visitor("42").messages.send(about, "When do you open?")
        async with asyncio.timeout(120):
            while len((thread := await system.messages.list(about)).items) < 3:
                await asyncio.sleep(0.01)
        assert [message.body for message in thread.items][:1] == ["We open at nine."]
        await system.agents.put("7", name="Ada")
        for _ in range(2):
            await module.tell_of_a_delay("1017", "Mia", "mia@shop.example")
        (told,) = (await campfire.as_visitor("1017").conversations.list()).items
        assert (await system.conversations.get(told.id)).contact.name == "Mia"
