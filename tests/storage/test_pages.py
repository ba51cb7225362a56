"""Lists are cut into pages without losing or repeating anything, also where times are the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from campfire_chat.access.actor import Actor, actor_of_visitor
from campfire_chat.access.records import Agent, Visitor
from campfire_chat.features.conversations.listing import ANYONE
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.features.messages.records import Visibility
from campfire_chat.settings import Settings
from tests.support.host import agent_actor
from tests.support.store import Store

pytestmark = pytest.mark.anyio

MIA = actor_of_visitor(Visitor(id="mia", name="Mia"))
ADA = agent_actor(Agent(id="ada", name="Ada"))
#: Conversations of one moment: whatever is committed together, or within one tick of the clock.
MANY = 11
NOON = 1_800_000_000_000_000


class Ticks:
    """A clock that stands still unless it is told to go on."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> int:
        return self.now


async def walk(store: Store, actor: Actor, limit: int, **more: Any) -> list[str]:
    """Every id of a list, page by page."""
    options = {"statuses": list(Status), "assignee_id": ANYONE, **more}
    found: list[str] = []
    before: tuple[int, str] | None = None
    while True:
        page, before = await store.conversations.page(actor, before=before, limit=limit, **options)
        found += [item.id for item in page]
        assert len(page) <= limit
        if before is None:
            return found
        assert len(page) == limit, "only the last page may be short"


@pytest.fixture
def lists() -> list[tuple[Actor, dict[str, Any]]]:
    """Every kind of list that holds all of them."""
    return [
        (MIA, {}),
        (ADA, {}),
        (ADA, {"statuses": [Status.OPEN, Status.PENDING]}),
        (ADA, {"assignee_id": None}),
        (ADA, {"assignee_id": "ada"}),
    ]


@pytest.mark.parametrize("ticks", [0, 1, 3], ids=["one moment", "pairs", "a few moments"])
async def test_conversations_of_one_moment_are_all_listed(
    database_url: str, lists: list[tuple[Actor, dict[str, Any]]], ticks: int
) -> None:
    watch = Ticks()
    store = Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=watch)
    await store.start()
    try:
        await store.agents.remember(ADA)
        ids: list[str] = []
        for n in range(MANY):
            if ticks and n % ticks == 0:
                watch.now += 1
            opened, _ = await store.conversations.open(MIA, client_id=f"c{n}", body="Hello")
            ids.append(opened.id)
        at = {id: (await store.conversations.get(ADA, id)).last_activity_at for id in ids}
        assert len(set(at.values())) == (1 if not ticks else -(-MANY // ticks))
        # Newest first; among those of one moment the order is only to be the same each time.
        expected = sorted(ids, key=lambda id: (at[id], id), reverse=True)
        for actor, options in lists:
            if options.get("assignee_id", ANYONE) == "ada":
                for n, id in enumerate(ids):
                    status = Status.PENDING if n % 2 else Status.OPEN
                    await store.conversations.change(ADA, id, Patch(status=status), "ada")
            for limit in (1, 2, 3, MANY - 1, MANY, MANY + 1):
                assert await walk(store, actor, limit, **options) == expected, (options, limit)
    finally:
        await store.stop()


async def test_a_thread_of_one_moment_is_read_whole(database_url: str) -> None:
    """Public messages and notes have counters of their own, and a page holds both."""
    store = Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=Ticks())
    await store.start()
    try:
        opened, _ = await store.conversations.open(MIA, client_id="0", body="0")
        kinds = [Visibility.PUBLIC, Visibility.INTERNAL, Visibility.INTERNAL]
        sent = [
            store.messages.send(
                ADA, opened.id, client_id=f"m{n}", body=f"{n}", visibility=kinds[n % 3]
            )
            for n in range(1, MANY)
        ]
        await asyncio.gather(*sent)
        for actor, bodies in (
            (ADA, [f"{n}" for n in range(MANY)]),
            (MIA, ["0", *(f"{n}" for n in range(1, MANY) if n % 3 == 0)]),
        ):
            for limit in (1, 2, 3, 4, MANY):
                found: list[str] = []
                before: Any = None
                while True:
                    page, before = await store.messages.page(actor, opened.id, before, limit)
                    found += [message.body for message in page]
                    if before is None:
                        break
                assert found[::-1] == bodies
    finally:
        await store.stop()
