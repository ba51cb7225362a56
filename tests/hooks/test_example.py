"""The example of the documentation is told of messages."""

from __future__ import annotations

import asyncio
import importlib
import sys

import pytest

from campfire_chat import Visitor
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
        async with asyncio.timeout(30):
            while f"conversation:{opened.id}#1: Mia wrote in {opened.id}" not in caplog.text:
                await asyncio.sleep(0.01)
