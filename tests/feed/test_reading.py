"""The feed: every event of an organisation once, in the order of the commits, with no hole."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Sequence

import pytest
from msgspec import UNSET

from campfire_chat.access.actor import Actor, actor_of_visitor
from campfire_chat.access.records import Agent, Availability, Visitor
from campfire_chat.core.clock import rfc3339
from campfire_chat.core.runtime_settings import Scope
from campfire_chat.database.lanes import Session
from campfire_chat.features.conversations.records import Priority, Status
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.features.messages.records import Visibility
from campfire_chat.feed import reading
from campfire_chat.feed.reading import FeedEvent, FeedPage, read_one, read_page
from tests.jobs.conftest import OpenStore
from tests.support.host import agent_actor
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

ORGANIZATIONS = ("acme", "globex")
#: Operations of each writer.
COUNT = 60
WRITERS = 4


def visitor(organization: str, number: int) -> Actor:
    return actor_of_visitor(Visitor(id=f"mia-{number}", organization=organization))


def agent(organization: str) -> Actor:
    return agent_actor(Agent(id="ada", name="Ada", organization=organization))


async def page_after(store: Store, organization: str, after: int) -> FeedPage:
    return await store.storage.read(lambda session: read_page(session, organization, after))


async def whole(store: Store, organization: str) -> list[FeedEvent]:
    """The feed from its beginning to its end."""
    events: list[FeedEvent] = []
    position = 0
    while True:
        page = await page_after(store, organization, position)
        if page.position == position:
            return events
        assert page.position > position
        events += page.events
        position = page.position


def stored(database_url: str, organization: str) -> list[tuple[str, int, str]]:
    rows = Truth(database_url).query(
        "SELECT stream, seq, payload FROM campfire_events WHERE org_id = ?", organization
    )
    return sorted((row[0], row[1], row[2]) for row in rows)


def check(events: Sequence[FeedEvent], log: Sequence[tuple[str, int, str]]) -> None:
    """All of the log once, each stream in its order, and places that only grow."""
    assert sorted((event.stream, event.seq, event.payload) for event in events) == list(log)
    places = [(event.position, event.number) for event in events]
    assert places == sorted(set(places))
    heads: dict[str, int] = {}
    for event in events:
        frame = json.loads(event.payload)
        assert (event.event, rfc3339(event.at)) == (frame["event"], frame["at"])
        assert event.seq == heads.get(event.stream, 0) + 1
        heads[event.stream] = event.seq


class Writer:
    """Does whatever is possible in conversations that others write to as well."""

    def __init__(self, store: Store, seed: int, conversations: dict[str, list[str]]) -> None:
        self.store = store
        self.dice = random.Random(seed)
        self.conversations = conversations
        self.number = 0

    async def once(self, organization: str) -> None:
        self.number += 1
        dice, conversations = self.dice, self.conversations[organization]
        ada = agent(organization)
        key = f"{id(self)}-{self.number}"
        if not conversations or dice.random() < 0.1:
            opened, _ = await self.store.conversations.open(
                visitor(organization, dice.randrange(4)), client_id=key, body="Hello?"
            )
            conversations.append(opened.id)
            return
        conversation = dice.choice(conversations)
        what = dice.randrange(7)
        if what == 0:
            status = dice.choice([Status.OPEN, Status.PENDING, Status.RESOLVED])
            await self.change(ada, conversation, Patch(status=status))
        elif what == 1:
            await self.change(
                ada, conversation, Patch(priority=dice.choice([Priority.LOW, Priority.HIGH]))
            )
        elif what == 6:
            # Rows of agents, beside the locks of conversations and inboxes.
            chosen = dice.choice([Availability.BUSY, Availability.AWAY])
            await self.store.agents.remember(ada)
            await self.store.agents.set_availability(ada, ada.principal.id, chosen)
        elif what == 5:
            # On a stream that belongs to no aggregate, and that others write to as well.
            theme = dice.choice(["light", "dark", "system"])
            await self.store.runtime_settings.change(
                ada, Scope.AGENT, {"theme": theme}, client_id=key
            )
        else:
            await self.store.messages.send(
                ada,
                conversation,
                client_id=key,
                body=f"{key} of {conversation}",
                visibility=Visibility.INTERNAL if what == 2 else Visibility.PUBLIC,
            )

    async def change(self, actor: Actor, conversation: str, patch: Patch) -> None:
        await self.store.conversations.change(actor, conversation, patch, UNSET)


async def slow_commits(store: Store) -> None:
    """Have PostgreSQL take a while between the last statement and the end of each COMMIT, so that
    what was given a number early becomes visible late."""
    if store.storage.engine.name != "postgresql":
        return

    async def work(session: Session) -> None:
        await session.command(
            "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN PERFORM pg_sleep(random() * 0.02); RETURN NULL; END $$"
        )
        await session.command(
            "CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON campfire_events "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.spans IS NOT NULL) "
            "EXECUTE FUNCTION linger()"
        )

    await store.storage.writer.run(lambda session: session.transaction(lambda _: work(session)))


@pytest.mark.parametrize("seed", range(3))
async def test_none_is_skipped_while_several_processes_write(
    open_store: OpenStore, database_url: str, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "campfire_chat.storage")
    stores = [await open_store() for _ in range(WRITERS + 1)]
    await slow_commits(stores[0])
    conversations: dict[str, list[str]] = {name: [] for name in ORGANIZATIONS}
    writers = [
        Writer(store, seed * 100 + number, conversations) for number, store in enumerate(stores[1:])
    ]
    writing = True
    seen: dict[str, list[FeedEvent]] = {name: [] for name in ORGANIZATIONS}

    async def follow(organization: str) -> None:
        """Read on and on, while others commit."""
        position = 0
        while True:
            last = not writing
            page = await page_after(stores[0], organization, position)
            seen[organization] += page.events
            if last and page.position == position:
                return
            position = page.position

    async def write(writer: Writer) -> None:
        for number in range(COUNT):
            await writer.once(ORGANIZATIONS[number % len(ORGANIZATIONS)])

    following = [asyncio.create_task(follow(name)) for name in ORGANIZATIONS]
    await asyncio.gather(*map(write, writers), *(write(writer) for writer in writers))
    writing = False
    await asyncio.gather(*following)
    for name in ORGANIZATIONS:
        log = stored(database_url, name)
        assert len(log) > COUNT
        check(seen[name], log)
        # What is read later is the same, whatever the pages.
        assert await whole(stores[0], name) == seen[name]
    # All keep one order of locks, so that none has had to give way to another.
    assert "deadlock" not in caplog.text


async def test_pages_end_with_a_flush(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However small the pages are, and however much is committed together."""
    mia = visitor("acme", 1)
    opened, _ = await store.conversations.open(mia, client_id="first", body="Hello?")
    await asyncio.gather(
        *(
            store.messages.send(mia, opened.id, client_id=f"m{number}", body="Hello?")
            for number in range(60)
        )
    )
    monkeypatch.setattr(reading, "PAGE_ENTRIES", 1)
    monkeypatch.setattr(reading, "PAGE_EVENTS", 1)
    check(await whole(store, "acme"), stored(database_url, "acme"))


async def test_a_feed_longer_than_any_flush_is_read_in_parts(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it is, a page reads what it needs."""
    for number in range(7):
        mia = visitor("acme", number)
        await store.conversations.open(mia, client_id="first", body="Hello?")
    monkeypatch.setattr(reading, "PAGE_ENTRIES", 2)
    monkeypatch.setattr(reading, "MAX_ENTRIES", 2)
    check(await whole(store, "acme"), stored(database_url, "acme"))


async def test_a_flush_with_many_entries_is_read_whole(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitors = [visitor("acme", number) for number in range(12)]
    opened = [
        (mia, (await store.conversations.open(mia, client_id="first", body="Hello?"))[0].id)
        for mia in visitors
    ]
    await asyncio.gather(
        *(
            store.messages.send(mia, conversation, client_id="second", body="Are you there?")
            for mia, conversation in opened
        )
    )
    entries = [event.position for event in await whole(store, "acme") if "inbox" in event.stream]
    assert len(set(entries)) < len(entries), "some were committed together"
    monkeypatch.setattr(reading, "PAGE_ENTRIES", 1)
    check(await whole(store, "acme"), stored(database_url, "acme"))
    # Also by whoever begins just before it.
    last = max(entries)
    before = max(position for position in entries if position < last)
    assert (await page_after(store, "acme", before)).position == last


async def test_a_page_ends_as_soon_as_it_has_enough_events(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    mia = visitor("acme", 1)
    opened, _ = await store.conversations.open(mia, client_id="first", body="Hello?")
    await store.messages.send(mia, opened.id, client_id="second", body="Are you there?")
    events = await whole(store, "acme")
    first = [event for event in events if event.position == events[0].position]
    assert len(first) < len(events)
    monkeypatch.setattr(reading, "PAGE_EVENTS", len(first))
    page = await page_after(store, "acme", 0)
    assert (page.events, page.position) == (first, events[0].position)
    monkeypatch.setattr(reading, "PAGE_EVENTS", len(first) + 1)
    page = await page_after(store, "acme", 0)
    assert page.events == events


async def test_what_was_removed_from_the_log_is_passed_over(
    store: Store, database_url: str
) -> None:
    mia = visitor("acme", 1)
    opened, _ = await store.conversations.open(mia, client_id="first", body="Hello?")
    sent = await store.messages.send(mia, opened.id, client_id="second", body="Are you there?")
    before = await whole(store, "acme")
    gone = next(event for event in before if "Are you there?" in event.payload)
    Truth(database_url).write(
        "DELETE FROM campfire_events WHERE org_id = ? AND stream = ? AND seq = ?",
        *("acme", gone.stream, gone.seq),
    )
    places = [(event.stream, event.seq) for event in before if event is not gone]
    assert [(event.stream, event.seq) for event in await whole(store, "acme")] == places
    assert sent.message_id in gone.payload


async def test_one_event_is_found_by_its_place(store: Store) -> None:
    await store.conversations.open(visitor("acme", 1), client_id="first", body="Hello?")
    for event in await whole(store, "acme"):
        found = await store.storage.read(
            lambda session, event=event: read_one(
                session, "acme", event.position, event.number, event.stream, event.seq
            )
        )
        assert found == event
    for organization, seq in (("globex", 1), ("acme", 10_000)):
        assert (
            await store.storage.read(
                lambda session, organization=organization, seq=seq: read_one(
                    session, organization, 1, 0, "inbox:acme", seq
                )
            )
            is None
        )


async def test_deleted_text_is_not_in_the_feed(store: Store, database_url: str) -> None:
    mia = visitor("acme", 1)
    opened, _ = await store.conversations.open(mia, client_id="first", body="Hello?")
    sent = await store.messages.send(mia, opened.id, client_id="s", body="my password is 12345")
    await store.messages.delete(mia, sent.message_id)
    events = await whole(store, "acme")
    check(events, stored(database_url, "acme"))
    assert [event.event for event in events if event.event.startswith("message")] == [
        "message.created",
        "message.created",
        "message.deleted",
    ]
    assert not any("12345" in event.payload for event in events)


async def test_organisations_are_apart(store: Store) -> None:
    for name in ORGANIZATIONS:
        await store.conversations.open(visitor(name, 1), client_id="first", body=name)
    for name in ORGANIZATIONS:
        events = await whole(store, name)
        assert events
        assert {event.organization for event in events} == {name}
        assert [name in event.payload for event in events if event.event == "message.created"] == [
            True
        ]
    assert await whole(store, "nobody") == []


async def test_what_is_refused_leaves_nothing(store: Store, database_url: str) -> None:
    """Also among others of the same transaction."""
    mia, ada = visitor("acme", 1), agent("acme")
    opened, _ = await store.conversations.open(mia, client_id="first", body="Hello?")
    found = await asyncio.gather(
        store.conversations.change(ada, opened.id, Patch(status=Status.PENDING), UNSET),
        store.conversations.change(
            ada, "conv_nobody", Patch(status=Status.PENDING), assignee_id=UNSET
        ),
        store.conversations.change(ada, opened.id, Patch(priority=Priority.HIGH), UNSET),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Exception) for one in found) == 1
    check(await whole(store, "acme"), stored(database_url, "acme"))
