"""Functions of the host that look at messages before they are stored."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from campfire_chat import (
    Agent,
    Campfire,
    CampfireError,
    ConfigurationError,
    MessageRefusedError,
    OutgoingMessage,
    Visitor,
)
from campfire_chat.features.conversations.records import AgentConversation
from campfire_chat.features.host_api import HostApi
from tests.support.host import campfire_for, cookies_of
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

Make = Callable[..., Campfire]
Start = Callable[[Campfire], Awaitable[None]]

ADA = Agent(id="ada", name="Ada")
MIA = Visitor(id="mia", name="Mia")


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:

        async def start(campfire: Campfire) -> None:
            await stack.enter_async_context(campfire.lifespan())

        yield start


@pytest.fixture
def make(database_url: str) -> Make:
    return lambda **options: campfire_for(database_url, drain_on_signal=False, **options)


def redact(message: OutgoingMessage) -> str:
    return message.body.replace("4111", "****")


async def refused(asking: Awaitable[Any]) -> CampfireError:
    with pytest.raises(CampfireError) as found:
        await asking
    return found.value


async def test_what_it_is_given(make: Make, start: Start) -> None:
    campfire, given = make(), list[OutgoingMessage]()

    @campfire.before("message.send")
    async def look(message: OutgoingMessage) -> None:
        given.append(message)

    await start(campfire)
    mia, ada = campfire.as_visitor(MIA), campfire.as_agent(ADA)
    opened = await mia.conversations.open("Hello?")
    sent = await mia.messages.send(opened.id, "Anybody?")
    await ada.messages.note(opened.id, "Who is she?")
    await mia.messages.edit(sent.id, "Anybody there?")
    assert [
        (one.sender.name, one.body, one.conversation_id, one.message_id, one.internal)
        for one in given
    ] == [
        ("Mia", "Hello?", None, None, False),
        ("Mia", "Anybody?", opened.id, None, False),
        ("Ada", "Who is she?", opened.id, None, True),
        ("Mia", "Anybody there?", opened.id, sent.id, False),
    ]
    assert {one.organization for one in given} == {"default"}


async def test_it_changes_the_text_and_nothing_keeps_the_other_one(
    make: Make, start: Start, database_url: str
) -> None:
    campfire = make()
    campfire.before("message.send")(redact)
    await start(campfire)
    mia, ada = campfire.as_visitor(MIA), campfire.as_agent(ADA)
    opened = await mia.conversations.open("My card is 4111.", client_id="1")
    sent = await mia.messages.send(opened.id, "It is 4111!", client_id="2")
    note = await ada.messages.note(opened.id, "She says 4111.", client_id="3")
    edited = await mia.messages.edit(sent.id, "It was 4111.", client_id="4")
    assert [sent.body, note.body, edited.body] == ["It is ****!", "She says ****.", "It was ****."]
    thread = (await ada.messages.list(opened.id)).items
    assert [one.body for one in thread][::-1] == ["My card is ****.", "It was ****.", note.body]
    truth = Truth(database_url)
    tables = ("messages", "message_versions", "events", "conversations", "idempotency")
    for table in (*tables, "message_originals"):
        assert "4111" not in str(truth.query(f"SELECT * FROM campfire_{table}"))


async def test_a_repetition_is_answered_as_at_first_without_another_look(
    make: Make, start: Start
) -> None:
    campfire, looks = make(), 0

    @campfire.before("message.send")
    async def change(message: OutgoingMessage) -> str:
        nonlocal looks
        looks += 1
        return f"{redact(message)} ({looks})"

    await start(campfire)
    mia = campfire.as_visitor(MIA)

    async def everything() -> list[Any]:
        opened = await mia.conversations.open("4111?", client_id="1")
        sent = await mia.messages.send(opened.id, "4111!", client_id="2")
        return [opened.id, sent.id, sent.body]

    first = await everything()
    assert first[-1] == "****! (2)"
    assert await everything() == first
    edited = await mia.messages.edit(first[1], "4111", client_id="3")
    assert (await mia.messages.edit(first[1], "4111", client_id="3")) == edited
    assert looks == 3
    # Whoever sends something else with the same id is told so, also what is stored by now.
    for ask in (
        mia.conversations.open("**** (1)", client_id="1"),
        mia.messages.edit(first[1], "something else", client_id="3"),
    ):
        assert (await refused(ask)).code == "client_id_conflict"
    await mia.messages.send(first[0], "4111", client_id="4")
    assert (await refused(mia.messages.send(first[0], "4112", client_id="4"))).code == (
        "client_id_conflict"
    )
    assert looks == 4


async def test_a_repetition_is_known_also_where_nobody_looks_any_more(
    make: Make, database_url: str
) -> None:
    campfire = make()
    campfire.before("message.send")(redact)
    async with campfire.lifespan():
        mia = campfire.as_visitor(MIA)
        opened = await mia.conversations.open("4111?", client_id="1")
        sent = await mia.messages.send(opened.id, "4111!", client_id="2")
    plain = make()
    async with plain.lifespan():
        mia = plain.as_visitor(MIA)
        assert (await mia.conversations.open("4111?", client_id="1")).id == opened.id
        assert await mia.messages.send(opened.id, "4111!", client_id="2") == sent
        assert (await refused(mia.messages.send(opened.id, "4112!", client_id="2"))).code == (
            "client_id_conflict"
        )
        await mia.messages.delete(sent.id)
    keys = Truth(database_url).query("SELECT client_key FROM campfire_message_originals")
    assert [key.split("\x1f")[0] for (key,) in map(tuple, keys)] == ["1"]


async def test_it_refuses_with_a_text_for_the_sender(make: Make, start: Start) -> None:
    campfire = make()

    @campfire.before("message.send")
    def refuse(message: OutgoingMessage) -> None:
        if "password" in message.body:
            raise MessageRefusedError("Please never send a password.")

    await start(campfire)
    mia = campfire.as_visitor(MIA)
    opened = await mia.conversations.open("Hello?")
    sent = await mia.messages.send(opened.id, "Hm", client_id="1")
    for ask in (
        mia.conversations.open("my password"),
        mia.messages.send(opened.id, "my password", client_id="2"),
        mia.messages.edit(sent.id, "my password"),
    ):
        error = await refused(ask)
        assert (error.code, error.message, error.final) == (
            "message_refused",
            "Please never send a password.",
            True,
        )
    # The client id is free: the sender has changed the text.
    assert (await mia.messages.send(opened.id, "my secret", client_id="2")).body == "my secret"
    assert len((await mia.messages.list(opened.id)).items) == 3
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=campfire),
        base_url="http://shop.example/api/v1",
        cookies=cookies_of(MIA),
        headers={"Origin": "http://shop.example"},
    ) as client:
        path = f"/conversations/{opened.id}/messages"
        answer = await client.post(path, json={"body": "my password", "client_id": "9"})
    told = answer.json()
    assert (answer.status_code, told["code"], told["detail"]) == (
        422,
        "message_refused",
        "Please never send a password.",
    )


async def slow(_: OutgoingMessage) -> None:
    await asyncio.sleep(60)


async def broken(_: OutgoingMessage) -> None:
    raise LookupError("the word list is away")


async def nonsense(_: OutgoingMessage) -> Any:
    return 5


async def empty(_: OutgoingMessage) -> str:
    return " "


@pytest.mark.parametrize("hook", [slow, broken, nonsense, empty])
async def test_a_failure_refuses_for_now(
    make: Make, start: Start, hook: Any, caplog: pytest.LogCaptureFixture
) -> None:
    campfire, fails = make(hook_timeout=1.0), True

    @campfire.before("message.send")
    async def look(message: OutgoingMessage) -> str | None:
        return await hook(message) if fails else None

    await start(campfire)
    mia = campfire.as_visitor(MIA)
    error = await refused(mia.conversations.open("Hello?", client_id="1"))
    assert (error.code, error.status, error.final) == ("hook_failed", 503, False)
    assert error.retry_after
    assert "look' failed, so a message was not stored" in caplog.text
    fails = False
    assert (await mia.conversations.open("Hello?", client_id="1")).last_message is not None


async def test_an_error_of_the_desk_inside_a_hook_is_not_the_senders(
    make: Make, start: Start
) -> None:
    campfire = make()

    @campfire.before("message.send")
    async def look(message: OutgoingMessage) -> None:
        await campfire.as_system().conversations.get("conv_x")

    await start(campfire)
    assert (await refused(campfire.as_visitor(MIA).conversations.open("Hello?"))).code == (
        "hook_failed"
    )


async def test_several_come_in_order_each_with_what_the_one_before_left(
    make: Make, start: Start
) -> None:
    campfire, threads = make(), list[threading.Thread]()

    @campfire.before("message.send")
    def shout(message: OutgoingMessage) -> str:
        threads.append(threading.current_thread())
        return message.body.upper()

    @campfire.before("message.send")
    async def greet(message: OutgoingMessage) -> str:
        return f"{message.body} Regards"

    await start(campfire)
    mia = campfire.as_visitor(MIA)
    opened = await mia.conversations.open("Hello?")
    assert opened.last_message is not None
    assert opened.last_message.text == "HELLO? Regards"
    assert threads[0] is not threading.current_thread()


async def test_those_of_one_conversation_come_one_after_the_other(make: Make, start: Start) -> None:
    campfire = make(hook_timeout=30)
    under_way: set[str | None] = set()
    together = 0
    first = asyncio.Event()

    @campfire.before("message.send")
    async def look(message: OutgoingMessage) -> None:
        nonlocal together
        assert message.conversation_id not in under_way
        under_way.add(message.conversation_id)
        together = max(together, len(under_way))
        if message.body == "0":
            # The first one of each conversation waits for the other conversation's.
            if len(under_way) == 2:
                first.set()
            await first.wait()
        await asyncio.sleep(0)
        under_way.discard(message.conversation_id)

    await start(campfire)
    mia = campfire.as_visitor(MIA)
    about = [(await mia.conversations.open("Hello?")).id for _ in range(2)]
    async with asyncio.timeout(120), asyncio.TaskGroup() as group:
        for number in range(5):
            for conversation in about:
                group.create_task(mia.messages.send(conversation, str(number)))
    assert together == 2
    for conversation in about:
        bodies = [one.body for one in (await mia.messages.list(conversation)).items]
        assert len(bodies) == 6


async def test_permissions_are_checked_before(make: Make, start: Start) -> None:
    campfire, looks = make(), list[str]()

    @campfire.before("message.send")
    async def look(message: OutgoingMessage) -> None:
        looks.append(message.body)

    await start(campfire)
    opened = await campfire.as_visitor(MIA).conversations.open("Hello?")
    mine = await campfire.as_visitor(MIA).messages.send(opened.id, "Mine")
    looks.clear()
    viewer: HostApi[AgentConversation] = campfire.as_agent(
        Agent(id="vic", name="Vic", role="viewer")
    )
    stranger = campfire.as_visitor(Visitor(id="tom"))
    for ask, code in (
        (viewer.messages.send(opened.id, "x"), "forbidden"),
        (viewer.messages.note(opened.id, "x"), "forbidden"),
        (viewer.conversations.open("x"), "forbidden"),
        (stranger.messages.send(opened.id, "x"), "not_found"),
        (stranger.messages.edit(mine.id, "x"), "not_found"),
        (campfire.as_agent(ADA).messages.edit(mine.id, "x"), "forbidden"),
        (campfire.as_visitor(MIA).messages.note(opened.id, "x"), "forbidden"),
        (stranger.conversations.open(" "), "body_empty"),
        (stranger.conversations.open("x", contact_id="vis_x"), "forbidden"),
    ):
        assert (await refused(ask)).code == code
    assert looks == []


def test_mistakes_are_named(make: Make) -> None:
    campfire = make()
    with pytest.raises(ConfigurationError, match=r"no action 'message\.sent'.*'message\.send'"):
        campfire.before("message.sent")(redact)
    with pytest.raises(ConfigurationError, match="needs the name of an action"):
        campfire.before()(redact)
    with pytest.raises(ConfigurationError, match="one argument"):
        campfire.before("message.send")(lambda: None)  # type: ignore[arg-type, misc]
    with pytest.raises(ConfigurationError, match="hook_timeout must be greater"):
        make(hook_timeout=0)


async def test_hooks_are_added_before_the_start(make: Make, start: Start) -> None:
    campfire = make()
    await start(campfire)
    with pytest.raises(ConfigurationError, match="before the start"):
        campfire.before("message.send")(redact)
