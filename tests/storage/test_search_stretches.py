"""Searches hold what a plain model says, page after page, stretch after stretch of the index."""

from __future__ import annotations

import itertools
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import pytest
from msgspec import UNSET, structs

from campfire_chat import Agent, Role, Visitor
from campfire_chat.access.actor import Actor, actor_of_visitor, system_actor
from campfire_chat.core import clock
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.features.search import finding
from campfire_chat.features.search.errors import SearchTooBroadError
from campfire_chat.features.search.finding import Place, Sort
from campfire_chat.features.search.operations import Index
from campfire_chat.features.search.service import MOST_ROUNDS, SearchService
from campfire_chat.settings import Settings
from tests.support.host import agent_actor
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

BOSS = agent_actor(Agent(id="boss", name="Bo", role=Role.ADMIN))
NORA = agent_actor(Agent(id="nora", name="Nora"))
NARROWED = structs.replace(NORA, labels=frozenset({"shop"}))
SORTS: tuple[Sort, ...] = ("newest", "best")
#: Matches of one stretch here.
STRETCH = 4


class Said(NamedTuple):
    """A message of the model."""

    body: str
    status: Status
    hidden: bool


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    store = Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    yield store
    await store.stop()


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    finding.found_query.cache_clear()
    monkeypatch.setattr(finding, "STRETCH", STRETCH)
    yield
    finding.found_query.cache_clear()


async def talk(store: Store, count: int) -> list[Said]:
    """Conversations of one message each, the newest last, and the search finds them."""
    chance = random.Random(7)
    said: list[Said] = []
    for number in range(count):
        mia = actor_of_visitor(Visitor(id=f"user-{number}"))
        status = chance.choice([Status.OPEN, Status.OPEN, Status.PENDING])
        one = Said(f"kettle {'and kettle ' * (number % 3)}{number:02}", status, number % 5 > 0)
        opened, _ = await store.conversations.open(mia, client_id="1", body=one.body)
        labels = ["vip"] if one.hidden else ["shop"]
        patch = Patch(status=status, access_labels=labels)
        await store.conversations.change(BOSS, opened.id, patch, UNSET)
        ((message,), _) = await store.messages.page(BOSS, opened.id, None, 10)
        await store.storage.submit(Index(system_actor("default"), [message.id], [opened.id]))
        said.append(one)
    return said


async def pages(
    store: Store, actor: Actor, q: str, sort: Sort, limit: int
) -> tuple[list[list[str]], list[Place]]:
    """All pages of a search, and the places between them."""
    service = SearchService(store.storage, store.runtime_settings)
    found: list[list[str]] = []
    places: list[Place] = []
    place: Place | None = None
    while True:
        hits, place = await service.page(
            actor, q, kinds=frozenset(), sort=sort, place=place, limit=limit
        )
        assert len(hits) <= limit
        found.append([hit.text for hit in hits])
        if place is None:
            return found, places
        assert place not in places
        places.append(place)


async def test_pages_hold_what_the_model_says(store: Store) -> None:
    said = await talk(store, 40)
    for (q, wanted), limit in itertools.product(
        {
            "kettle ": said,
            "kettle status:pending": [one for one in said if one.status is Status.PENDING],
            "kettle -status:pending": [one for one in said if one.status is Status.OPEN],
            "kettle status:snoozed": [],
            "status:pending is:message": [one for one in said if one.status is Status.PENDING],
        }.items(),
        (1, 3, 100),
    ):
        newest = [one.body for one in reversed(wanted)]
        found, _ = await pages(store, BOSS, q, "newest", limit)
        assert [body for page in found for body in page] == newest, (q, limit)
        # Each page looks through a few stretches, and not through everything.
        assert len(found) <= 2 + len(newest) // limit + len(said) // (STRETCH * MOST_ROUNDS)
        best, _ = await pages(store, BOSS, q, "best", limit)
        ranked = [body for page in best for body in page]
        assert sorted(ranked) == sorted(newest), (q, limit)
        if q == "kettle ":
            # In each stretch those that say it most come first, and the newest among equals.
            stretches = [newest[at : at + STRETCH] for at in range(0, len(newest), STRETCH)]
            assert ranked == [
                body
                for stretch in stretches
                for body in sorted(stretch, key=lambda body: -body.count("kettle"))
            ]


async def test_who_sees_little_learns_nothing_from_places(store: Store, database_url: str) -> None:
    said = await talk(store, 40)
    seen = [one.body for one in reversed(said) if not one.hidden]
    rows = Truth(database_url).query("SELECT number FROM campfire_search_documents")
    numbers = {row[0] for row in rows}
    for sort in SORTS:
        found, places = await pages(store, NARROWED, "kettle ", sort, 100)
        bodies = [body for page in found for body in page]
        assert (bodies if sort == "newest" else sorted(bodies, reverse=True)) == (
            seen if sort == "newest" else sorted(seen, reverse=True)
        )
        # There is more than one page, and where one ends is no document's number.
        assert places
        assert not numbers & {place.before for place in places}


async def test_what_was_found_is_shown_although_the_next_stretch_takes_too_long(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = await talk(store, 12)
    pending = [one.body for one in reversed(said) if one.status is Status.PENDING]
    real, asked = finding.candidates, itertools.count()

    async def slow(*args: Any, **options: Any) -> finding.Found:
        if next(asked) == 1:
            raise SearchTooBroadError(field="q")
        return await real(*args, **options)

    monkeypatch.setattr("campfire_chat.features.search.service.candidates", slow)
    found, places = await pages(store, BOSS, "kettle status:pending", "newest", 100)
    assert len(places) == 1
    assert [body for page in found for body in page] == pending
