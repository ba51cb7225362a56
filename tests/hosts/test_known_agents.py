"""Agents are written into the database as the host names them: once, not at every tab they open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from campfire_chat import Agent
from campfire_chat.access.actor import Actor
from campfire_chat.features.agents import known_agents as module
from campfire_chat.features.agents.known_agents import KnownAgents
from campfire_chat.features.agents.service import AgentService
from tests.support.host import agent_actor, campfire_for

pytestmark = pytest.mark.anyio


@pytest.fixture
async def known(tmp_path: Any, anyio_backend: str) -> AsyncIterator[KnownAgents]:
    campfire = campfire_for(f"sqlite:///{tmp_path / 'agents.db'}", drain_on_signal=False)
    async with campfire.lifespan():
        yield campfire._running.services[KnownAgents]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that were written."""
    names: list[str] = []
    remember = AgentService.remember

    async def noted(self: AgentService, actor: Actor) -> None:
        names.append(actor.principal.name or "")
        await remember(self, actor)

    monkeypatch.setattr(AgentService, "remember", noted)
    return names


def agent(id: str, name: str) -> Actor:
    return agent_actor(Agent(id=id, name=name))


async def test_twenty_tabs_are_one_row(known: KnownAgents, written: list[str]) -> None:
    await asyncio.gather(*(known.let_in(agent("ada", "Ada")) for _ in range(20)))
    await known.let_in(agent("ada", "Ada"))
    assert written == ["Ada"]


async def test_a_new_name_is_written(known: KnownAgents, written: list[str]) -> None:
    for name in ("Ada", "Ada Lovelace", "Ada Lovelace"):
        await known.let_in(agent("ada", name))
    assert written == ["Ada", "Ada Lovelace"]


async def test_who_came_once_takes_no_memory_for_ever(
    known: KnownAgents, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        await known.let_in(agent(f"a{number}", "A"))
    assert len(known._known) == 20
    monkeypatch.setattr(module, "KNOWN_FOR", -1.0)
    await known.let_in(agent("ada", "Ada"))
    await known.let_in(agent("bob", "Bob"))
    assert list(known._known) == [("default", "bob")]
    assert written[20:] == ["Ada", "Bob"]
