"""``campfire_chat.testing``: nothing happens by itself, and everything happens in order."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiosqlite
import anyio
import anyio.from_thread
import httpx
import pytest

from campfire_chat import (
    Campfire,
    CampfireError,
    ConfigurationError,
    Event,
    MessageRefusedError,
    OutgoingMessage,
    Status,
    Visitor,
    testing,
)
from campfire_chat.core.errors import NotStartedError
from tests.support.host import campfire_for, host_app

NOWHERE = "postgresql://nobody@192.0.2.1:1/nothing"
HOUR = timedelta(hours=1)


class OutageError(Exception):
    """The system that a hook calls is out of order."""


@pytest.fixture
def campfire() -> Campfire:
    """Its configured database and bus cannot be reached: a test must not need them."""
    return campfire_for(NOWHERE, bus_url="redis://192.0.2.1:1")


def bodies(campfire: Campfire, **options: Any) -> list[str]:
    """What a hook was told of, in this order."""
    told: list[str] = []

    @campfire.on("message.created", name="bodies", **options)
    async def tell(event: Event) -> None:
        told.append(event.data.body)

    return told


@pytest.mark.anyio
async def test_the_clock_stands_still_until_it_is_moved(
    campfire: Campfire, empty_database_url: str
) -> None:
    async with testing.desk(campfire, database_url=empty_database_url) as desk:
        assert desk.now == testing.BEGINNING
        mia = desk.visitor("mia", name="Mia", email="mia@mail.example")
        conversation = await mia.conversations.open("Hello?")
        assert conversation.created_at == "2030-01-07T09:00:00.000000Z"
        await desk.advance(days=1, hours=2, minutes=3, seconds=4.5)
        sent = await mia.messages.send(conversation.id, "Anybody?")
        assert sent.at == "2030-01-08T11:03:04.500000Z"
        seen = await desk.agent("ada").conversations.get(conversation.id)
        assert (seen.contact.name, seen.contact.email) == ("Mia", "mia@mail.example")


@pytest.mark.anyio
async def test_hooks_wait_until_they_are_called(
    campfire: Campfire, empty_database_url: str
) -> None:
    told = bodies(campfire)

    @campfire.on("message.created", name="echo")
    async def echo(event: Event) -> None:
        if event.data.sender.kind == "visitor":
            await campfire.as_system(organization=event.organization).messages.send(
                event.data.conversation_id, f"You said: {event.data.body}", client_id=event.id
            )

    async with testing.desk(campfire, database_url=empty_database_url) as desk:
        mia = desk.visitor("mia")
        tom = desk.visitor("tom", organization="zoo")
        opened = await mia.conversations.open("1")
        await mia.messages.send(opened.id, "2")
        await tom.conversations.open("3")
        await desk.run_jobs()
        assert told == []
        await desk.settle()
        # What hooks cause is handled as well.
        assert told[:2] == ["1", "2"]
        assert sorted(told) == sorted([*"123", *(f"You said: {number}" for number in "123")])
        await desk.settle()
        assert len(told) == 6
    # The database keeps the place of each hook, and nobody holds it any more.
    async with testing.desk(campfire, database_url=empty_database_url) as desk:
        await desk.visitor("mia").messages.send(opened.id, "4")
        await desk.settle()
        assert told[6:] == ["4", "You said: 4"]


@pytest.mark.anyio
async def test_jobs_wait_until_they_are_due_and_run_in_order(
    campfire: Campfire, empty_database_url: str
) -> None:
    woken: list[tuple[str, datetime]] = []

    @campfire.on("conversation.status_changed", name="woken")
    async def wake(event: Event) -> None:
        if event.data.status is Status.OPEN:
            woken.append((event.data.conversation_id, event.at))

    async with testing.desk(campfire, database_url=empty_database_url) as desk:
        ada, begin = desk.agent("ada"), desk.now
        ids: list[str] = []
        for hours in (3, 1, 2):
            opened = await desk.visitor("mia").conversations.open(f"In {hours}")
            ids.append(opened.id)
            await ada.conversations.change(
                opened.id, status=Status.SNOOZED, snoozed_until=begin + hours * HOUR
            )
        await desk.run_jobs()
        await desk.settle()
        assert woken == []
        await desk.advance(minutes=59, seconds=59)
        assert woken == []
        await desk.advance(seconds=1)
        assert woken == [(ids[1], begin + HOUR)]
        await desk.advance(days=30)
        assert woken[1:] == [(ids[2], begin + 2 * HOUR), (ids[0], begin + 3 * HOUR)]
        assert await desk.run_jobs() == 0


@pytest.mark.anyio
async def test_what_a_hook_raises_is_raised_and_tried_again_later(
    campfire: Campfire, empty_database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    told: list[str] = []
    broken = True

    @campfire.on("message.created", name="crm")
    async def tell(event: Event) -> None:
        if broken:
            raise OutageError(event.data.body)
        told.append(event.data.body)

    async with testing.desk(campfire, database_url=empty_database_url) as desk:
        opened = await desk.visitor("mia").conversations.open("Hello?")
        with pytest.raises(OutageError, match="Hello"):
            await desk.settle()
        await desk.settle()
        with pytest.raises(OutageError, match="Hello"):
            await desk.advance(minutes=5)
        broken = False
        await desk.visitor("mia").messages.send(opened.id, "And now?")
        await desk.advance(minutes=5)
        assert told == ["Hello?", "And now?"]
        broken = True
        await desk.visitor("mia").conversations.open("One")
        await desk.visitor("tom").conversations.open("Two")
        with pytest.raises(ExceptionGroup) as raised:
            await desk.settle()
        assert sorted(map(str, raised.value.exceptions)) == ["One", "Two"]
        # Until the event is given up: that failure is raised as well.
        attempts = 0
        while True:
            try:
                await desk.advance(days=1)
                break
            except (OutageError, ExceptionGroup):
                attempts += 1
        assert attempts >= 10
        parked = await campfire.as_system().jobs.list()
        assert {group.kind for group in parked.items} == {"hook.event"}


@pytest.mark.anyio
async def test_requests_to_the_host_app_see_the_same(campfire: Campfire) -> None:
    app = host_app(campfire)
    async with (
        testing.desk(campfire) as desk,
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client,
    ):
        base = f"{app.state.campfire_path}/api/v1"
        token = (await client.post(f"{base}/visitors")).json()["token"]
        signed = {"Authorization": f"Bearer {token}"}
        me = await client.get(f"{base}/me", headers=signed)
        assert me.status_code == 200
        # Tokens live by the same clock.
        await desk.advance(seconds=campfire.settings.token_lifetime + 1)
        assert (await client.get(f"{base}/me", headers=signed)).status_code == 401


@pytest.mark.anyio
async def test_one_test_leaves_nothing_to_the_next(campfire: Campfire) -> None:
    transport = httpx.ASGITransport(campfire)
    for _ in range(2):
        async with (
            testing.desk(campfire) as desk,
            httpx.AsyncClient(transport=transport, base_url="http://shop") as client,
        ):
            assert (await desk.agent("ada").conversations.list()).items == []
            await desk.visitor("mia").conversations.open("Hello?")
            body = {"identity": campfire.sign_identity(Visitor(id="mia"))}
            assert (await client.post("/api/v1/visitors", json=body)).status_code == 201
            # The second time, this revocation is not known any more.
            await desk.advance(minutes=1)
            await campfire.revoke_tokens(user_id="mia")
            assert (await client.post("/api/v1/visitors", json=body)).status_code == 401
        with pytest.raises(NotStartedError):
            await desk.visitor("mia").conversations.list()


@pytest.mark.anyio
async def test_misuse_is_refused(campfire: Campfire, sqlite_database_url: str) -> None:
    with pytest.raises(ConfigurationError, match="zone"):
        async with testing.desk(campfire, now=datetime(2030, 1, 1)):
            pass
    async with testing.desk(campfire, now=datetime(2031, 1, 1, tzinfo=UTC)) as desk:
        assert desk.now.year == 2031
        with pytest.raises(ConfigurationError, match="forward"):
            await desk.advance(hours=-1)
        with pytest.raises(ConfigurationError, match="before your app is started"):
            async with testing.desk(campfire):
                pass
    started = campfire_for(sqlite_database_url)
    async with started.lifespan():
        with pytest.raises(ConfigurationError, match="before your app is started"):
            async with testing.desk(started):
                pass


@pytest.mark.anyio
async def test_another_process_that_calls_the_hooks_is_noticed(
    campfire: Campfire, empty_database_url: str
) -> None:
    bodies(campfire)
    other = campfire_for(NOWHERE)
    bodies(other)
    async with (
        testing.desk(campfire, database_url=empty_database_url) as desk,
        testing.desk(other, database_url=empty_database_url) as second,
    ):
        await desk.visitor("mia").conversations.open("Hello?")
        await desk.settle()
        with pytest.raises(ConfigurationError, match="Another process"):
            await second.settle()


@pytest.mark.anyio
async def test_what_a_job_raises_is_raised(
    campfire: Campfire, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Conversations that begin within a transaction of the host app are jobs."""
    caplog.set_level(logging.CRITICAL)

    @campfire.before("message.send")
    def refuse(message: OutgoingMessage) -> None:
        if "tea" in message.body:
            raise MessageRefusedError("No tea, please.")

    path = tmp_path / "shop.db"
    async with testing.desk(campfire, database_url=f"sqlite:///{path}") as desk:
        system = campfire.as_system()
        for body in ("It leaks.", "My tea is cold."):
            async with aiosqlite.connect(path, timeout=30) as connection:
                await connection.execute("BEGIN")
                mia = Visitor(id="mia")
                id = await campfire.within(connection).open_conversation(mia, body)
                await connection.commit()
            assert id not in {row.id for row in (await system.conversations.list()).items}
            if body == "It leaks.":
                await desk.run_jobs()
                assert (await system.conversations.get(id)).last_message.text == body
            else:
                with pytest.raises(MessageRefusedError, match="No tea"):
                    await desk.run_jobs()


@pytest.mark.anyio
async def test_a_failed_start_leaves_the_object_as_it_was(
    campfire: Campfire, tmp_path: Path, sqlite_database_url: str
) -> None:
    with pytest.raises(CampfireError):
        async with testing.desk(campfire, database_url=f"sqlite:///{tmp_path}/no/such/folder.db"):
            pass
    usual = campfire_for(sqlite_database_url)
    for _ in range(2):
        async with testing.desk(usual, now=datetime(2001, 1, 1, tzinfo=UTC)) as desk:
            assert (await desk.visitor("mia").conversations.open("Hi")).created_at[:4] == "2001"
        async with usual.lifespan():
            opened = await usual.as_visitor(Visitor(id="mia")).conversations.open("Hi")
            assert opened.created_at[:4] != "2001"


def test_without_pytests_event_loop(campfire: Campfire) -> None:
    told = bodies(campfire)

    async def test(body: str) -> None:
        async with testing.desk(campfire) as desk:
            await desk.visitor("mia").conversations.open(body)
            await desk.settle()

    asyncio.run(test("asyncio"))
    anyio.run(test, "anyio")
    with (
        anyio.from_thread.start_blocking_portal() as portal,
        portal.wrap_async_context_manager(testing.desk(campfire)) as desk,
    ):
        portal.call(desk.visitor("mia").conversations.open, "portal")
        portal.call(desk.settle)
    assert told == ["asyncio", "anyio", "portal"]


def test_it_needs_no_tool_of_tests() -> None:
    code = (
        "import sys; import campfire_chat.testing; "
        "print({'pytest', 'anyio.pytest_plugin', 'httpx', 'hypothesis'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_temporary_database_is_deleted(
    campfire: Campfire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    async def test() -> None:
        async with testing.desk(campfire):
            assert len(list(tmp_path.iterdir())) == 1

    asyncio.run(test())
    assert list(tmp_path.iterdir()) == []
