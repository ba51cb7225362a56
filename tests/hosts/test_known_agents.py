"""Agents are written into the database as the host names them: once, not at every tab they open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from campfire_chat import Agent
from campfire_chat.domain.principal import Scope
from campfire_chat.identity import Credentials
from campfire_chat.realtime import gateway as module
from campfire_chat.realtime.gateway import Gateway
from campfire_chat.storage.team import Team
from tests.support.host import agent_scope, campfire_for

pytestmark = pytest.mark.anyio


@pytest.fixture
async def gateway(tmp_path: Any, anyio_backend: str) -> AsyncIterator[Gateway]:
    campfire = campfire_for(f"sqlite:///{tmp_path / 'agents.db'}", drain_on_signal=False)
    async with campfire.lifespan():
        assert campfire._running is not None
        yield campfire._running.gateway


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that were written."""
    names: list[str] = []
    remember = Team.remember

    async def noted(self: Team, scope: Scope) -> None:
        names.append(scope.principal.name or "")
        await remember(self, scope)

    monkeypatch.setattr(Team, "remember", noted)
    return names


def agent(id: str, name: str) -> Credentials:
    return Credentials(agent_scope(Agent(id=id, name=name)), ambient=True)


async def test_twenty_tabs_are_one_row(gateway: Gateway, written: list[str]) -> None:
    await asyncio.gather(*(gateway.remember(agent("ada", "Ada")) for _ in range(20)))
    await gateway.remember(agent("ada", "Ada"))
    assert written == ["Ada"]


async def test_a_new_name_is_written(gateway: Gateway, written: list[str]) -> None:
    for name in ("Ada", "Ada Lovelace", "Ada Lovelace"):
        await gateway.remember(agent("ada", name))
    assert written == ["Ada", "Ada Lovelace"]


async def test_who_came_once_takes_no_memory_for_ever(
    gateway: Gateway, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        await gateway.remember(agent(f"a{number}", "A"))
    assert len(gateway._known_agents) == 20
    monkeypatch.setattr(module, "KNOWN_FOR", -1.0)
    await gateway.remember(agent("ada", "Ada"))
    await gateway.remember(agent("bob", "Bob"))
    assert list(gateway._known_agents) == [("default", "bob")]
    assert written[20:] == ["Ada", "Bob"]
