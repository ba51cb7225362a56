"""Organisations and settings in the database: two processes, and a database from before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from campfire_chat.access.records import Agent, Role
from campfire_chat.core import clock
from campfire_chat.core.runtime_settings import Scope
from campfire_chat.features.organizations import service as settings_service
from campfire_chat.features.organizations.operations import AddOrganization
from campfire_chat.features.organizations.organization_service import OrganizationService
from campfire_chat.features.organizations.settings import LOCALE
from campfire_chat.settings import Settings
from tests.support.host import agent_actor, campfire_for
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

BOSS = agent_actor(Agent(id="boss", name="Boss", role=Role.ADMIN))


def stored(database_url: str) -> list[str]:
    rows = Truth(database_url).query("SELECT org_id FROM campfire_organizations")
    return sorted(row[0] for row in rows)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    store = Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    yield store
    await store.stop()


async def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


# Organisations.


async def test_an_organisation_is_stored_once(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    submit = store.storage.submit

    def counted(operation: Any) -> Any:
        if isinstance(operation, AddOrganization):
            written.append(operation.organization)
        return submit(operation)

    monkeypatch.setattr(store.storage, "submit", counted)
    known = store.organizations
    assert not await known.exists("tea")
    await asyncio.gather(*(known.ensure("tea") for _ in range(20)))
    for _ in range(20):
        await known.ensure("tea")
        assert await known.exists("tea")
    # Another process looks it up and does not write.
    other = OrganizationService(store.storage, store.runtime_settings)
    await other.ensure("tea")
    await other.ensure("tea")
    assert written == ["tea"]
    assert stored(database_url) == ["tea"]


async def test_a_look_does_not_store(store: Store, database_url: str) -> None:
    for number in range(3):
        assert not await store.organizations.exists(f"made-up-{number}")
    assert stored(database_url) == []


# Settings of two processes.


async def locale(store: Any) -> str:
    return (await store.of("default"))[LOCALE]


@pytest.mark.parametrize("bus", [None, "memory://"], ids=["bus", "no bus"])
async def test_a_change_is_seen_by_every_process(
    database_url: str, bus: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told over the bus, or found by the look at the database when the bus tells nothing."""
    monkeypatch.setattr(settings_service, "INTERVAL", 3600 if bus is None else 0.05)
    one = campfire_for(database_url, bus_url=bus, drain_on_signal=False)
    two = campfire_for(database_url, bus_url=bus, drain_on_signal=False)
    async with one.lifespan(), two.lifespan():
        here = one._running.services[settings_service.SettingsService]
        there = two._running.services[settings_service.SettingsService]
        assert await locale(there) == await locale(here) == "en"

        async def arrived() -> bool:
            return await locale(there) == "de"

        async def heard() -> bool:
            return one._running is not None and not one._running.bus._nobody_hears()

        if bus is None:
            await until(heard)
        await here.change(BOSS, Scope.ORGANIZATION, {"locale": "de"}, client_id=None)
        assert await locale(here) == "de"
        await until(arrived)


async def test_changes_at_once_lose_nothing(store: Store) -> None:
    settings = store.runtime_settings
    names = {"name": "Tea", "locale": "de", "time_zone": "Europe/Vienna", "widget_name": "Hi"}
    await asyncio.gather(
        *(
            settings.change(BOSS, Scope.ORGANIZATION, {name: value}, client_id=None)
            for name, value in names.items()
        )
    )
    values = (await settings.describe(BOSS, Scope.ORGANIZATION)).values
    assert {name: values[name] for name in names} == names


async def test_what_another_version_has_chosen_stays(store: Store, database_url: str) -> None:
    settings = store.runtime_settings
    await settings.change(BOSS, Scope.ORGANIZATION, {"locale": "de"}, client_id=None)
    Truth(database_url).write(
        """UPDATE campfire_runtime_settings SET chosen = '{"later":[1],"locale":"de"}'"""
    )
    await settings.change(BOSS, Scope.ORGANIZATION, {"name": "Tea"}, client_id=None)
    ((chosen,),) = Truth(database_url).query("SELECT chosen FROM campfire_runtime_settings")
    assert chosen == '{"later":[1],"locale":"de","name":"Tea"}'


async def test_numbers_grow_with_every_change(store: Store, database_url: str) -> None:
    settings = store.runtime_settings
    truth = Truth(database_url)
    seen: list[int] = []
    for value in ("de", "fr", "it"):
        await settings.change(BOSS, Scope.ORGANIZATION, {"locale": value}, client_id=None)
        ((number,),) = truth.query("SELECT number FROM campfire_runtime_settings")
        seen.append(number)
    assert seen == [1, 2, 3]


async def test_a_failing_look_is_told_once_and_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings = store.runtime_settings
    monkeypatch.setattr(settings_service, "INTERVAL", 0.01)
    looks, fail = 0, True
    look = settings._look

    async def failing() -> None:
        nonlocal looks
        looks += 1
        if fail:
            raise OSError("the disk is away")
        await look()

    monkeypatch.setattr(settings, "_look", failing)
    await settings.start()
    try:

        async def after(count: int) -> bool:
            return looks > count

        await until(lambda: after(5))
        assert caplog.text.count("changed settings could not be looked up") == 1
        fail = False
        now = looks
        await until(lambda: after(now + 2))
        fail = True
        now = looks
        await until(lambda: after(now + 2))
        assert caplog.text.count("changed settings could not be looked up") == 2
    finally:
        await settings.stop()
