"""Hosts whose own startup fails, under ``wrap``: the server is told, and nothing is half up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.host import campfire_for
from tests.support.store import Store

pytestmark = pytest.mark.anyio


async def _lifespan(app: Any) -> tuple[list[str], BaseException | None]:
    """What the server is told over one lifespan, and what the app raised."""
    incoming: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    told: list[str] = []

    async def send(message: dict[str, Any]) -> None:
        told.append(message["type"])
        if message["type"] == "lifespan.startup.complete":
            await incoming.put({"type": "lifespan.shutdown"})

    await incoming.put({"type": "lifespan.startup"})
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    try:
        async with asyncio.timeout(60):
            await app(scope, incoming.get, send)
    except RuntimeError as error:
        return told, error
    return told, None


async def test_a_host_that_fails_to_start(database_url: str) -> None:
    campfire = campfire_for(database_url, drain_on_signal=False)

    async def host(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        raise RuntimeError("the host's own database is down")

    told, error = await _lifespan(campfire.wrap(host, "/support"))
    assert told == ["lifespan.startup.failed"]
    assert error is not None


async def test_a_host_that_knows_no_lifespan(database_url: str) -> None:
    campfire = campfire_for(database_url, drain_on_signal=False)

    async def host(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("only http and websocket here")

    told, error = await _lifespan(campfire.wrap(host, "/support"))
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert error is None


async def test_a_host_with_a_lifespan_comes_up_first_and_goes_down_last(
    database_url: str,
) -> None:
    campfire = campfire_for(database_url, drain_on_signal=False)
    seen: list[str] = []

    async def host(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "lifespan.startup"
        seen.append("host up")
        await send({"type": "lifespan.startup.complete"})
        seen.append("running" if Store.of(campfire).storage.healthy else "not running")
        assert (await receive())["type"] == "lifespan.shutdown"
        seen.append("host down")
        await send({"type": "lifespan.shutdown.complete"})

    told, _ = await _lifespan(campfire.wrap(host, "/support"))
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert seen == ["host up", "running", "host down"]
