"""A real process: SIGTERM, SIGKILL, databases that are wrong or go away."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from campfire_chat import Visitor
from campfire_chat.core.errors import CampfireError, ConfigurationError
from campfire_chat.database.errors import MigrationError
from tests.support.client import Client, Closed
from tests.support.host import campfire_for
from tests.support.people import Desk
from tests.support.ports import free_port
from tests.support.servers import PATIENCE, ROOT, process_server
from tests.support.talk import until

pytestmark = pytest.mark.anyio


async def test_sigterm_drains_says_1012_and_ends_with_success(database_url: str) -> None:
    with process_server(database_url, drain_window=3.0) as server:
        desk = Desk(f"{server.url}/support")
        visitor = desk.visitor()
        conversation = visitor.begin()
        client = Client(desk.base, visitor)
        await client.connect()
        await client.subscribe(f"conversation:{conversation['id']}")
        stopping = asyncio.create_task(asyncio.to_thread(server.terminate))
        drain = await client.until_frame("drain")
        assert 0 < drain["window"] <= 3.0
        closed = await client.until_close()
        status, _ = await stopping
        await client.drop()
        assert closed.code == 1012
        assert status in (0, -15)
        assert "Traceback" not in server.log
        assert "Finished server process" in server.log
        server.start()
        assert len(visitor.thread(conversation["id"])) == 1


async def test_sigkill_in_a_burst_loses_nothing_that_was_acknowledged(database_url: str) -> None:
    with process_server(database_url) as server:
        desk = Desk(f"{server.url}/support")
        visitor, agent = desk.visitor(), desk.agent()
        conversation = visitor.begin("0")["id"]
        stream = f"conversation:{conversation}"
        hers, his = Client(desk.base, visitor), Client(desk.base, agent)
        for client in (hers, his):
            await client.connect()
            await client.subscribe(stream)
        acknowledged: dict[str, int] = {}

        async def send(client: Client, number: int) -> None:
            reply = await client.say(conversation, f"{number}", id=f"m{number}")
            acknowledged[f"m{number}"] = reply["seq"]

        async def some(numbers: range) -> None:
            for number in numbers:
                await send(hers, number)

        # Forty under way at any time, so that it is in the middle of them whenever it is killed.
        sends = [asyncio.create_task(some(range(n, 400, 40))) for n in range(40)]
        await hers.until(lambda: len(acknowledged) >= 50, "some answers")
        server.kill()
        outcomes = await asyncio.gather(*sends, return_exceptions=True)
        assert any(isinstance(outcome, Closed) for outcome in outcomes)
        before = dict(acknowledged)
        server.start()
        for client in (hers, his):
            await client.drop()
            await client.connect()
        # An outbox sends everything again that was not acknowledged; here simply everything.
        await asyncio.gather(*(send(hers, n) for n in range(400)))
        assert {key: acknowledged[key] for key in before} == before
        for client in (hers, his):
            view = await client.until_seq(stream, 401)
            assert [event["seq"] for event in view.applied] == list(range(1, 402))
            ids = [event["data"]["client_id"] for event in view.applied[1:]]
            assert sorted(ids) == sorted(f"m{n}" for n in range(400))
            await client.drop()


async def test_two_processes_on_one_database(database_url: str, engine: str) -> None:
    with process_server(database_url) as one, process_server(database_url) as two:
        desk, there = Desk(f"{one.url}/support"), None
        there = Desk(f"{two.url}/support", desk.organization)
        visitor, agent = desk.visitor(), there.agent()
        conversation = visitor.begin("0")["id"]
        stream = f"conversation:{conversation}"
        async with Client(desk.base, visitor) as hers, Client(there.base, agent) as his:
            await hers.subscribe(stream)
            await his.subscribe(stream)
            for n in range(10):
                await hers.say(conversation, f"a{n}")
                await his.say(conversation, f"b{n}")
            for client in (hers, his):
                # The agent's first answer has given them the conversation.
                view = await client.until_seq(stream, 22)
                said = [event for event in view.applied if event["event"] == "message.created"]
                assert len({event["data"]["id"] for event in said}) == 21
        same = {"body": "x", "client_id": "same"}
        path = f"/conversations/{conversation}/messages"
        first = agent.post(path, same)
        assert agent.user is not None
        again = desk.agent(agent.user.id).post(path, same, 200)
        assert first["id"] == again["id"]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "database_url"),
        ("nonsense", "database_url"),
        ("mysql://localhost/x", "database_url"),
        ("sqlite:////no/such/folder/campfire.db", None),
    ],
)
async def test_a_wrong_database_url_says_so(url: str, message: str | None) -> None:
    before = set(threading.enumerate())
    with pytest.raises(CampfireError) as caught:
        async with campfire_for(url).lifespan():
            pytest.fail("it started")
    # The thread of a driver that could not connect says goodbye to the loop.
    await until(lambda: set(threading.enumerate()) <= before)
    if message is not None:
        assert isinstance(caught.value, ConfigurationError)
        assert caught.value.field == message


async def test_a_database_that_is_down_at_start_says_so() -> None:
    url = f"postgresql://postgres:hidden@127.0.0.1:{free_port()}/nothing"
    with pytest.raises(CampfireError) as caught:
        async with campfire_for(url).lifespan():
            pytest.fail("it started")
    assert caught.value.code == "storage_unavailable"
    assert url.replace("postgres:hidden", "***") in caught.value.message


def test_a_server_whose_database_is_wrong_ends_with_the_reason(tmp_path: Path) -> None:
    with process_server("sqlite:////no/such/folder/campfire.db", start=False) as server:
        server.start(wait=False)
        assert server._running.wait(PATIENCE) != 0
        assert "The database cannot be reached" in server.log
        server._process = None


async def test_check_refuses_an_empty_database(empty_database_url: str) -> None:
    with pytest.raises(MigrationError, match=r"no tables.*yet.*campfire-chat migrate"):
        async with campfire_for(empty_database_url, migrate="check").lifespan():
            pytest.fail("it started")
    async with campfire_for(empty_database_url, migrate="auto").lifespan():
        pass
    async with campfire_for(empty_database_url, migrate="check").lifespan():
        pass


async def test_several_processes_may_migrate_at_once(empty_database_url: str) -> None:
    code = (
        "import asyncio, sys\n"
        "from tests.support.host import campfire_for\n"
        "async def main():\n"
        "    async with campfire_for(sys.argv[1]).lifespan(): pass\n"
        "asyncio.run(main())\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, empty_database_url], cwd=ROOT, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    for process in processes:
        _, error = await asyncio.to_thread(process.communicate, None, PATIENCE)
        assert process.returncode == 0, error.decode()


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"secret_key": ""}, "secret_key"),
        ({"secret_key": "short"}, "secret_key"),
        ({"secret_key": []}, "secret_key"),
        ({"bus_url": "smoke://signals"}, "bus_url"),
        ({"allowed_origins": ("https://shop.example/",)}, "allowed_origins"),
        ({"allowed_origins": ("*",)}, "allowed_origins"),
        ({"migrate": "maybe"}, "migrate"),
        ({"heartbeat": 0}, "heartbeat"),
        ({"no_such_setting": 1}, "no_such_setting"),
    ],
)
def test_settings_that_cannot_work(options: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        campfire_for("sqlite:///x.db", **options)
    assert caught.value.field == field


async def test_keys_rotate(tmp_path: Path) -> None:
    old, new = "the old key, 0123456789", "the new key, 0123456789"
    url = f"sqlite:///{tmp_path / 'x.db'}"
    tokens = [campfire_for(url, secret_key=key)._tokens for key in (old, [new, old], new)]
    identity = campfire_for(url, secret_key=old).sign_identity
    signed = identity(Visitor(id="mia"))
    assert tokens[1].read_identity(signed)[0].principal.external_id == "mia"
    with pytest.raises(CampfireError):
        tokens[2].read_identity(signed)


async def test_nothing_leaks_into_the_log_at_warning(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "campfire_chat"):
        async with campfire_for(database_url).lifespan():
            await asyncio.sleep(0.2)
    told = [item for item in caplog.records if item.levelno >= logging.WARNING]
    assert [record.message for record in told] == []
