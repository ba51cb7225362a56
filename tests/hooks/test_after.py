"""Functions of the host that are called after something has happened."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from msgspec import UNSET

from campfire_chat import Agent, Campfire, ConfigurationError, Event, Visitor
from campfire_chat.access.actor import actor_of_visitor
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.hooks import held
from campfire_chat.hooks.held import ATTEMPTS
from campfire_chat.jobs.retry import Retry
from tests.support.host import agent_actor, campfire_for
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

MIA = actor_of_visitor(Visitor(id="mia", name="Mia"))
TOM = actor_of_visitor(Visitor(id="tom", name="Tom"))
ADA = agent_actor(Agent(id="ada", name="Ada"))

Make = Callable[[], Campfire]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once, as often as before."""
    monkeypatch.setattr(
        held.RETRY, "retry", Retry(attempts=held.RETRY.retry.attempts, first=0.01, longest=0.02)
    )


@pytest.fixture
async def start(database_url: str) -> AsyncIterator[Callable[[Campfire], Awaitable[Store]]]:
    async with AsyncExitStack() as stack:

        async def start(campfire: Campfire) -> Store:
            await stack.enter_async_context(campfire.lifespan())
            return Store.of(campfire)

        yield start


@pytest.fixture
def make(database_url: str) -> Make:
    return lambda: campfire_for(database_url, poll_interval=0.1)


Start = Callable[[Campfire], Awaitable[Store]]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not holds():
            await asyncio.sleep(0.01)


async def open_conversation(store: Store, actor: Any = MIA, body: str = "Hello?") -> str:
    opened, _ = await store.conversations.open(actor, client_id=body, body=body)
    return opened.id


async def test_a_hook_is_called_with_what_was_stored(make: Make, start: Start) -> None:
    campfire, events = make(), list[Event]()

    @campfire.on("message.created", "conversation.status_changed")
    async def note(event: Event) -> None:
        events.append(event)

    store = await start(campfire)
    id = await open_conversation(store)
    await store.messages.send(ADA, id, client_id="a", body="Hello, Mia!")
    await store.conversations.change(ADA, id, Patch(status=Status.RESOLVED), UNSET)
    await until(lambda: len(events) == 3)
    first, answer, resolved = events
    assert first.name == "message.created"
    assert (first.organization, first.subject, first.seq) == ("default", id, 1)
    assert first.stream == f"conversation:{id}"
    assert first.at.utcoffset() is not None
    assert first.data.body == "Hello?"
    assert first.data.sender.name == "Mia"
    assert answer.data.body == "Hello, Mia!"
    assert resolved.data.status is Status.RESOLVED
    assert resolved.data.actor.name == "Ada"
    assert len({event.id for event in events}) == 3


async def test_what_a_list_shows_is_an_event_as_well(make: Make, start: Start) -> None:
    campfire, events = make(), list[Event]()
    campfire.on("conversation.updated", name="rows")(events.append)
    store = await start(campfire)
    id = await open_conversation(store)
    await until(lambda: len(events) == 1)
    assert events[0].subject == id
    assert events[0].data.last_message.text == "Hello?"


async def test_a_plain_function_runs_in_a_thread(make: Make, start: Start) -> None:
    campfire, threads = make(), list[threading.Thread]()

    @campfire.on("message.created")
    def note(event: Event) -> None:
        threads.append(threading.current_thread())

    store = await start(campfire)
    await open_conversation(store)
    await until(lambda: len(threads) == 1)
    assert threads[0] is not threading.current_thread()


async def test_a_failure_holds_back_its_conversation_and_nothing_else(
    make: Make, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    campfire = make()
    got: list[tuple[str, str]] = []
    broken = True

    @campfire.on("message.created", name="crm")
    async def tell(event: Event) -> None:
        if broken and event.data.body == "Hello?":
            raise ConnectionError("the CRM is away")
        got.append((event.subject, event.data.body))

    store = await start(campfire)
    mias = await open_conversation(store)
    await store.messages.send(MIA, mias, client_id="2", body="Anybody?")
    toms = await open_conversation(store, TOM, "Hi!")
    await store.messages.send(TOM, toms, client_id="2", body="Me too")
    await until(lambda: got == [(toms, "Hi!"), (toms, "Me too")])
    assert "the hook 'crm' failed for message.created" in caplog.text
    broken = False
    await until(lambda: got[2:] == [(mias, "Hello?"), (mias, "Anybody?")])
    # It is well again: the next one comes directly.
    await store.messages.send(MIA, mias, client_id="3", body="Thanks")
    await until(lambda: got[4:] == [(mias, "Thanks")])


async def test_what_fails_for_good_is_parked_and_the_others_go_on(make: Make, start: Start) -> None:
    campfire = make()
    got: list[str] = []
    tries = 0
    broken = True

    @campfire.on("message.created", name="crm")
    async def tell(event: Event) -> None:
        nonlocal tries
        if broken and event.data.body == "Hello?":
            tries += 1
            raise ValueError("no such customer")
        got.append(event.data.body)

    store = await start(campfire)
    id = await open_conversation(store)
    await store.messages.send(MIA, id, client_id="2", body="Anybody?")
    await until(lambda: got == ["Anybody?"])
    # Once as it came, and then as often as a job tries.
    assert tries == 1 + ATTEMPTS
    (parked,) = await store.jobs.parked()
    assert (parked.kind, parked.error) == ("hook.event", "ValueError: no such customer")
    assert parked.arguments == f'{{"hook":"crm","stream":"conversation:{id}","seq":1}}'
    # Started again by a person, when the cause is gone.
    broken = False
    assert await store.jobs.restart("default", parked.id)
    await until(lambda: got == ["Anybody?", "Hello?"])


async def test_the_name_keeps_the_place(make: Make, start: Start) -> None:
    got: list[str] = []

    def with_hook(name: str) -> Campfire:
        campfire = make()

        @campfire.on("message.created", name=name)
        async def tell(event: Event) -> None:
            got.append(f"{name}: {event.data.body}")

        return campfire

    first = with_hook("crm")
    async with first.lifespan():
        await open_conversation(Store.of(first), MIA, "one")
        await until(lambda: got == ["crm: one"])
    without = make()
    async with without.lifespan():
        await open_conversation(Store.of(without), TOM, "two")
    again = with_hook("crm")
    async with again.lifespan():
        await until(lambda: got == ["crm: one", "crm: two"])
    other = with_hook("mail")
    async with other.lifespan():
        await open_conversation(Store.of(other), MIA, "three")
        await until(lambda: got[2:] == ["mail: three"])


async def test_events_that_wait_for_a_hook_that_is_gone_are_parked_with_its_name(
    make: Make, start: Start, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    campfire = make()

    @campfire.on("message.created", name="crm")
    async def tell(event: Event) -> None:
        raise ConnectionError("the CRM is away")

    def waits() -> bool:
        return bool(Truth(database_url).query("SELECT subject FROM campfire_held_events"))

    with monkeypatch.context() as patch:
        # It stays in the queue until the next start.
        patch.setattr(held.RETRY, "retry", Retry(attempts=15, first=3600, longest=3600))
        async with campfire.lifespan():
            await open_conversation(Store.of(campfire))
            await until(waits)
    store = await start(make())
    async with asyncio.timeout(120):
        while not (parked := await store.jobs.parked()):
            await asyncio.to_thread(
                Truth(database_url).write,
                "UPDATE campfire_jobs SET due_at = 1 WHERE lease IS NULL AND parked_at IS NULL",
            )
            await asyncio.sleep(0.05)
    assert "There is no hook called 'crm' any more." in (parked[0].error or "")


def test_mistakes_are_named(make: Make) -> None:
    campfire = make()

    async def hook(event: Event) -> None: ...

    with pytest.raises(ConfigurationError, match=r"no event 'message\.create'.*'message\.created'"):
        campfire.on("message.create")(hook)
    with pytest.raises(ConfigurationError, match="needs the name of an event"):
        campfire.on()(hook)
    with pytest.raises(ConfigurationError, match="one argument"):
        campfire.on("message.created")(lambda: None)  # type: ignore[arg-type, misc]
    campfire.on("message.created", name="crm")(hook)
    with pytest.raises(ConfigurationError, match="two hooks called 'crm'"):
        campfire.on("message.created", name="crm")(hook)


async def test_hooks_are_added_before_the_start(make: Make) -> None:
    campfire = make()
    async with campfire.lifespan():
        with pytest.raises(ConfigurationError, match="before the start"):
            campfire.on("message.created")(lambda event: None)
