"""Lists of contacts hold what a plain model says, page after page, however they are found."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from campfire_chat import Agent, Attribute, Role, Visitor
from campfire_chat.access.actor import actor_of_visitor
from campfire_chat.core import clock
from campfire_chat.features.contacts import listing, rules, sightings
from campfire_chat.features.contacts.listing import Filter, Place, Span
from campfire_chat.features.contacts.records import ContactRecord
from campfire_chat.features.contacts.rules import Order
from campfire_chat.ledger.operation import Operation
from campfire_chat.settings import Settings
from tests.support.host import agent_actor
from tests.support.store import Store

pytestmark = pytest.mark.anyio

BOSS = agent_actor(Agent(id="boss", name="Bo", role=Role.ADMIN))
NAMES = ("Mia", "Zoë", "mia", "Émile", "Ben", None)
SURNAMES = ("Miller", "Mohr", "O’Neil", "van Dyck", "")


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    settings = Settings(contact_attributes=(Attribute(key="plan"),))
    store = Store(database_url, settings=settings, on_commit=lambda *_: None, now=clock.now)
    await store.start()
    yield store
    await store.stop()


async def crowd(store: Store) -> None:
    chance = random.Random(7)
    for number in range(40):
        first, last = chance.choice(NAMES), chance.choice(SURNAMES)
        visitor = Visitor(
            id=f"user-{number}",
            name=None if first is None else f"{first} {last}".strip(),
            email=f"{number}@mail.example" if chance.random() < 0.5 else None,
        )
        plan = {"plan": chance.choice(("free", "pro"))} if number % 4 else {}
        await store.contacts.put(BOSS, visitor, plan)


async def whole(store: Store, wanted: Filter, order: Order, limit: int) -> list[ContactRecord]:
    """All pages of a list."""
    found: list[ContactRecord] = []
    place: Place | None = None
    while True:
        page, place = await store.contacts.page(BOSS, wanted, order=order, after=place, limit=limit)
        assert len(page) <= limit
        found += page
        if place is None:
            return found


def sorting(order: Order) -> Callable[[ContactRecord], tuple[str, str]]:
    if order == "name":
        return lambda contact: (rules.sort_name(contact), contact.id)
    if order == "created":
        return lambda contact: (contact.created_at, contact.id)
    return lambda contact: (contact.last_seen_at or "", contact.id)


def holds(contact: ContactRecord, wanted: Filter) -> bool:
    words = rules.words_of(contact)
    return all(any(word.startswith(part) for word in words) for part in wanted.words) and all(
        contact.attributes.get(span.attribute) == span.first for span in wanted.values
    )


@pytest.mark.parametrize("few", [1, 10_000])
async def test_pages_hold_what_the_model_says(
    store: Store, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(listing, "FEW", few)
    monkeypatch.setattr(listing, "STRETCH", 3)
    await crowd(store)
    everybody = await whole(store, Filter(), "created", 100)
    assert len(everybody) == 40
    since = clock.parse_rfc3339(everybody[20].created_at)
    searches = [(), ("mi",), ("mi", "mo"), ("zoe",), ("mail.example",), ("user-7",), ("dyck",)]
    orders: tuple[Order, ...] = ("last_seen", "name", "created")
    plans = ((), (Span("plan", "pro", "pro"),))
    for words, order, created_since, values in itertools.product(
        searches, orders, (None, since), plans
    ):
        wanted = Filter(words=words, values=values, created_since=created_since, verified=True)
        model = [
            contact
            for contact in everybody
            if holds(contact, wanted)
            and (created_since is None or clock.parse_rfc3339(contact.created_at) >= since)
        ]
        model.sort(key=sorting(order), reverse=order != "name")
        for limit in (1, 4, 100):
            found = await whole(store, wanted, order, limit)
            assert found == model, (words, order, limit)


async def test_who_stays_is_seen_again_and_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sightings, "GATHER", 0.0)
    monkeypatch.setattr(sightings, "RENEWAL", 0.01)
    time = clock.now()
    store = Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=lambda: time)
    await store.start()
    seen = sightings.Sightings(store.storage)
    await seen.start()
    try:
        mia = Visitor(id="mia", name="Mia")
        visitor = actor_of_visitor(mia)
        await store.contacts.put(BOSS, mia)

        async def until_seen_now() -> None:
            async with asyncio.timeout(60):
                while True:
                    contact = await store.contacts.get(BOSS, "mia")
                    if contact.last_seen_at == clock.rfc3339(time):
                        return
                    await asyncio.sleep(0.01)

        # Whatever goes wrong once, the next time is written.
        broken = [RuntimeError("a mistake")]
        submit = store.storage.submit

        def submit_or_fail(operation: Operation[Any]) -> asyncio.Future[Any]:
            if broken:
                raise broken.pop()
            return submit(operation)

        with monkeypatch.context() as patch:
            patch.setattr(store.storage, "submit", submit_or_fail)
            await seen.arrived(visitor)
            await seen.arrived(visitor)
            await until_seen_now()
        assert not broken
        # As long as one of their sockets is there.
        seen.departed(visitor, cleanly=True)
        time += 285 * clock.SECOND
        await until_seen_now()
        seen.departed(visitor, cleanly=True)
        assert not seen._here
    finally:
        await seen.stop()
        await store.stop()


async def test_a_page_goes_on_where_contacts_come_and_go(store: Store) -> None:
    await crowd(store)
    first, place = await store.contacts.page(BOSS, Filter(), order="name", after=None, limit=10)
    # The last one of the page is renamed, and one is added before it.
    await store.contacts.put(BOSS, Visitor(id=first[-1].external_id or "", name="Zzz"))
    await store.contacts.put(BOSS, Visitor(id="new", name="Aaron"))
    rest: list[ContactRecord] = []
    while place is not None:
        page, place = await store.contacts.page(BOSS, Filter(), order="name", after=place, limit=10)
        rest += page
    ids = [contact.id for contact in (*first, *rest)]
    # The renamed one comes once more, where they stand now. Of the others nobody is missing, and
    # nobody comes twice.
    assert ids.count(first[-1].id) == 2
    assert len(ids) == 41
    assert len(set(ids)) == 40
