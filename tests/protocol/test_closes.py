"""Every close code that can be provoked, and that it comes with its reason."""

from __future__ import annotations

import asyncio
import gc
import json
from typing import Any

import pytest
from itsdangerous import URLSafeTimedSerializer
from websockets.asyncio.client import connect as websocket
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from campfire_chat import Visitor
from campfire_chat.realtime.sockets.socket import Socket
from tests.conftest import QUICK
from tests.support import host
from tests.support.client import Client
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk, Person, signer
from tests.support.servers import ThreadServer
from tests.support.talk import until
from tests.webhooks.conftest import Watch

pytestmark = [pytest.mark.anyio, pytest.mark.one_engine]

Connect = Any


async def code_of(client: Client) -> int:
    return (await client.until_close()).code


async def test_4408_no_hello(database_url: str, connect: Connect) -> None:
    campfire = campfire_for(database_url, **QUICK, hello_timeout=0.5)
    with ThreadServer(host_app(campfire)) as server:
        desk = Desk(f"{server.url}/support")
        client = await connect(desk.visitor(), hello=False)
        assert await code_of(client) == 4408


async def test_4400_something_before_hello(desk: Desk, connect: Connect) -> None:
    client = await connect(desk.visitor(), hello=False)
    await client.send({"type": "subscribe", "id": "early", "stream": "conversation:x"})
    error = await client.until_frame("error")
    assert (error["code"], error["id"]) == ("bad_frame", "early")
    assert await code_of(client) == 4400


async def test_4400_binary(desk: Desk, connect: Connect) -> None:
    client = await connect(desk.visitor())
    await client.send_text(b'{"type":"ping"}')
    assert await code_of(client) == 4400


async def test_4413_checked_before_parsing(desk: Desk, connect: Connect) -> None:
    client = await connect(desk.visitor())
    await client.send_text("[" * (64 * 1024 + 1))
    error = await client.until_frame("error")
    assert error["code"] == "too_large"
    assert await code_of(client) == 4413


async def test_just_below_the_limit_is_taken(desk: Desk, connect: Connect) -> None:
    client = await connect(desk.visitor())
    text = json.dumps({"type": "ping", "n": 1, "padding": ""})
    await client.send_text(text.replace('""', f'"{"x" * (64 * 1024 - len(text))}"'))
    await client.until_frame("pong", n=1)


@pytest.mark.parametrize(
    "token",
    ["", "nonsense", "a.b.c", "\x00", "ü" * 50, "x" * 4096],
    ids=["empty", "word", "dotted", "nul", "umlauts", "long"],
)
async def test_4401_forged_tokens(base: str, connect: Connect, token: str) -> None:
    client = await connect(Person(base, token=None), hello=False)
    await client.send({"type": "hello", "token": token})
    assert await code_of(client) == 4401


async def test_4401_a_token_signed_for_something_else(base: str, connect: Connect) -> None:
    identity = signer().sign_identity(Visitor(id="mia"))
    other_key = campfire_for("sqlite:///x.db", secret_key="another key, 0123456789 abcdef")
    foreign = URLSafeTimedSerializer("wrong key", salt="campfire.visitor.v1").dumps(["default"])
    for token in (identity, other_key.sign_identity(Visitor(id="mia")), foreign):
        client = await connect(Person(base), hello=False)
        await client.send({"type": "hello", "token": token})
        assert await code_of(client) == 4401


async def test_4401_nobody(base: str, connect: Connect) -> None:
    client = await connect(Person(base), hello=False)
    await client.send({"type": "hello"})
    assert await code_of(client) == 4401


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "https://shop.example.evil"]
)
async def test_4403_another_sites_page(desk: Desk, connect: Connect, origin: str) -> None:
    for person in (desk.agent(), desk.visitor()):
        client = await connect(person, hello=False, origin=origin)
        assert await code_of(client) == 4403


async def test_the_hosts_own_and_allowed_origins_may(
    desk: Desk, server: ThreadServer, connect: Connect
) -> None:
    for origin in (server.url, None):
        await connect(desk.agent(), origin=origin)
    await connect(desk.visitor(), origin="https://shop.example")


async def test_4480_no_common_version(base: str) -> None:
    url = f"{base.replace('http', 'ws', 1)}/ws"
    async with websocket(url, subprotocols=[Subprotocol("campfire.v9")], proxy=None) as connection:
        with pytest.raises(ConnectionClosed):
            await connection.recv()
        assert connection.close_code == 4480


async def test_without_a_subprotocol_version_1_is_spoken(desk: Desk, base: str) -> None:
    async with websocket(f"{base.replace('http', 'ws', 1)}/ws", proxy=None) as connection:
        await connection.send(json.dumps({"type": "hello", "token": desk.visitor().token}))
        assert json.loads(await connection.recv())["type"] == "welcome"


async def test_4470_who_does_not_read_is_let_go_and_misses_nothing(
    desk: Desk, connect: Connect
) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()
    stream = f"conversation:{conversation['id']}"
    slow = await connect(visitor)
    await slow.subscribe(stream)
    await slow.until_seq(stream, 1)
    transport = slow._connection.transport
    transport.pause_reading()
    writer = await connect(agent)
    # More than what the kernel buffers on both sides take.
    body, count = "x" * 9_900, 1600
    # Whoever reads keeps being served while the other is stuck.
    for start in range(0, count, 100):
        replies = [writer.say(conversation["id"], f"{n} {body}") for n in range(start, start + 100)]
        assert {reply["type"] for reply in await asyncio.gather(*replies)} == {"ok"}
    assert not transport.is_reading()
    transport.resume_reading()
    closed = await slow.until_close()
    assert closed.code in (4470, 1006)
    if closed.code == 4470:
        assert closed.reason == "too slow"
    await slow.drop()
    await slow.connect()
    # The question, the answers, and that the agent got the conversation with the first of them.
    view = await slow.until_seq(stream, count + 2)
    assert [event["seq"] for event in view.applied] == list(range(1, count + 3))


def asked(client: Client) -> int:
    """How often the server has asked for a new proof of the session."""
    return sum(frame["type"] == "renew_due" for frame in client.frames)


async def test_4401_signed_out_while_connected(database_url: str, in_no_hurry: set[str]) -> None:
    signed_in = {"ada": True}

    async def authenticate(connection: Any) -> Any:
        user = await host.authenticate(connection)
        return user if user is not None and signed_in.get(user.id, True) else None

    campfire = campfire_for(
        database_url, authenticate=authenticate, **{**QUICK, "reauthenticate": 0.5}
    )
    with ThreadServer(host_app(campfire)) as server:
        desk = Desk(f"{server.url}/support")
        ada, bob = desk.agent("ada"), desk.agent("bob", name="Bob")
        in_no_hurry |= {"Ada", "Bob"}
        async with Client(desk.base, ada) as hers, Client(desk.base, bob) as his:
            # Asked for the second time, so the first proof was accepted.
            for client in (hers, his):
                await client.until(lambda client=client: asked(client) >= 2, "another question")
            signed_in["ada"] = False
            in_no_hurry.remove("Ada")
            assert await code_of(hers) == 4401
            assert his.connected


async def test_4401_the_token_ends_while_connected(database_url: str) -> None:
    watch = Watch()
    campfire = campfire_for(database_url, clock=watch, **QUICK, token_lifetime=600)
    with ThreadServer(host_app(campfire)) as server:
        desk = Desk(f"{server.url}/support")
        visitor = desk.visitor()
        async with Client(desk.base, visitor) as client:
            # Times of issue have whole seconds.
            watch.forward(601)
            assert await code_of(client) == 4401
        refused = await asyncio.to_thread(visitor.http.get, "/me")
        assert refused.status_code == 401
        assert refused.json()["code"] == "token_expired"


async def test_a_token_past_half_its_life_is_renewed(database_url: str) -> None:
    watch = Watch()
    campfire = campfire_for(database_url, clock=watch, **QUICK, token_lifetime=600)
    with ThreadServer(host_app(campfire)) as server:
        desk = Desk(f"{server.url}/support")
        visitor = desk.visitor()
        watch.forward(301)
        async with Client(desk.base, visitor) as client:
            renewed = client.welcome["token"]
            assert renewed
            assert renewed != visitor.token
            async with Client(desk.base, Person(desk.base, token=renewed)) as again:
                assert again.welcome["principal"] == client.welcome["principal"]
                assert again.welcome.get("token") is None


async def test_drain_then_1012_at_shutdown(database_url: str) -> None:
    server = ThreadServer(host_app(campfire_for(database_url, **QUICK)))
    server.__enter__()
    desk = Desk(f"{server.url}/support")
    client = Client(desk.base, desk.visitor())
    await client.connect()
    stopping = asyncio.create_task(asyncio.to_thread(server.__exit__))
    closed = await client.until_close()
    await stopping
    assert closed.code == 1012


async def test_1013_unstarted_says_so(tmp_path: Any) -> None:
    campfire = campfire_for(f"sqlite:///{tmp_path / 'never.db'}")

    async def forgetful(scope: Any, receive: Any, send: Any) -> None:
        # A host that forwards requests and forgets the lifespan.
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await campfire(scope, receive, send)

    with ThreadServer(forgetful, mount="") as server:
        person = Person(server.url)
        client = Client(server.url, person)
        await client.open()
        closed = await client.until_close()
        assert (closed.code, closed.reason) == (1013, "not_started")
        answer = await asyncio.to_thread(person.http.get, "/me")
        assert answer.status_code == 503
        assert answer.json()["code"] == "not_started"
        assert "mount_to" in answer.json()["detail"]


async def test_a_closed_connection_leaves_nothing_to_the_collector(
    sqlite_database_url: str,
) -> None:
    """A full collection among ten thousand connections is felt by all of them."""

    def connections() -> int:
        return sum(type(item) is Socket for item in gc.get_objects())

    with ThreadServer(host_app(campfire_for(sqlite_database_url, **QUICK))) as server:
        desk = Desk(f"{server.url}/support")
        visitor, agent = desk.visitor(), desk.agent()
        conversation = visitor.begin("0")["id"]
        gc.collect()
        before = connections()
        gc.disable()
        try:
            for person in (visitor, agent):
                for frame in (None, b"binary, which is refused"):
                    client = Client(desk.base, person)
                    await client.connect()
                    await client.subscribe(f"conversation:{conversation}")
                    await client.say(conversation, "1")
                    assert connections() == before + 1
                    if frame is not None:
                        await client.send_text(frame)
                        assert await code_of(client) == 4400
                    await client.drop()
                    await until(lambda: connections() == before)
        finally:
            gc.enable()
