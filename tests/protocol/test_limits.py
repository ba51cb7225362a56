"""Load limits over real sockets: who overdoes it waits, and nobody else notices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from campfire_chat import Limits, Rate
from tests.conftest import QUICK
from tests.support.client import Client, Closed
from tests.support.clocks import LimitsClock
from tests.support.engines import copy_sqlite
from tests.support.host import ROOMY, campfire_for, host_app
from tests.support.people import Desk, Person
from tests.support.servers import ThreadServer
from tests.support.talk import until

pytestmark = pytest.mark.anyio

#: An address of the documentation's range, as a trusted proxy would tell of it.
ELSEWHERE = "198.51.100.7"


class Behind(Person):
    """Somebody at another address: behind the proxy, as it were, that the server trusts."""

    def __init__(self, person: Person, address: str) -> None:
        super().__init__(person.base, user=person.user, token=person.token)
        self.address = address
        self.http.headers["X-Forwarded-For"] = address

    @property
    def websocket_headers(self) -> dict[str, str]:
        return {**super().websocket_headers, "X-Forwarded-For": self.address}


@pytest.fixture
def serve(sqlite_template: Any, tmp_path: Any) -> Any:
    """Servers with limits of the test's own; limits are kept in memory, so one engine will do."""

    @asynccontextmanager
    async def serve(**options: Any) -> AsyncIterator[Desk]:
        url = copy_sqlite(sqlite_template, tmp_path / "limits.db")
        campfire = campfire_for(url, **{**QUICK, **options})
        with ThreadServer(host_app(campfire)) as server:
            yield Desk(f"{server.url}/support")

    return serve


def roomy(**fields: Any) -> Limits:
    return Limits(**{**{name: getattr(ROOMY, name) for name in ROOMY.__struct_fields__}, **fields})


async def refused_at_once(client: Client) -> tuple[Closed, dict[str, Any]]:
    """A close and the error frame before it."""
    closed = await client.until_close()
    errors = [frame for frame in client.frames if frame["type"] == "error"]
    assert len(errors) == 1, client.frames
    return closed, errors[0]


async def test_a_flood_of_sends_is_refused_and_a_patient_client_gets_through(
    serve: Any, limits_clock: LimitsClock
) -> None:
    async with serve(limits=roomy(sends=Rate(5, 10))) as desk:
        visitor = desk.visitor()
        conversation = visitor.begin()["id"]
        async with Client(desk.base, visitor) as client:
            replies = await asyncio.gather(
                *(client.say(conversation, f"{n}", id=f"m{n}") for n in range(30))
            )
            refused = [reply for reply in replies if reply["type"] == "error"]
            # The conversation's first message took one of the ten.
            assert len(replies) - len(refused) == 9
            for reply in refused:
                assert (reply["code"], reply["final"]) == ("too_many", False)
                assert reply["retry_after"] == 0.2
            # The same ids again, each as long after the refusal as it said, and not sooner.
            for reply in refused[:5]:
                again = await client.say(conversation, reply["id"][1:], id=reply["id"])
                assert again["code"] == "too_many"
                limits_clock.go_on(again["retry_after"])
                again = await client.say(conversation, reply["id"][1:], id=reply["id"])
                assert not again["duplicate"]
        bodies = [message["body"] for message in visitor.thread(conversation)][1:]
        assert len(bodies) == len(set(bodies)) == 9 + 5


async def test_a_flood_costs_the_others_nothing(serve: Any) -> None:
    async with serve(limits=roomy(sends=Rate(5, 20), refusals=None)) as desk:
        flooder, other, agent = desk.visitor(), desk.visitor(), desk.agent()
        mine, theirs = flooder.begin()["id"], other.begin()["id"]
        async with (
            Client(desk.base, flooder) as bad,
            Client(desk.base, other) as good,
            Client(desk.base, agent) as answering,
        ):
            flooding = asyncio.gather(*(bad.say(mine, f"{n}") for n in range(1_500)))
            for n in range(10):
                assert (await good.say(theirs, f"Hello {n}"))["type"] == "ok"
                assert (await answering.say(theirs, f"Hi {n}"))["type"] == "ok"
            replies = await flooding
            assert {reply["code"] for reply in replies if reply["type"] == "error"} == {"too_many"}
            assert bad.connected


async def test_who_goes_on_flooding_is_closed_with_4429(
    serve: Any, limits_clock: LimitsClock
) -> None:
    async with serve(limits=roomy(sends=Rate(0.1, 2), refusals=20)) as desk:
        visitor = desk.visitor()
        conversation = visitor.begin()["id"]
        frame = {"type": "message.send", "conversation_id": conversation, "body": "x"}
        async with Client(desk.base, visitor) as client:
            with pytest.raises(Closed):  # noqa: PT012 - whichever of them finds it closed
                for n in range(10_000):
                    await client.send({**frame, "id": f"m{n}"})
                    await asyncio.sleep(0)
                raise AssertionError("it was never closed")
            closed = await client.until_close()
            assert (closed.code, closed.reason) == (4429, "too_many")
            refused = [sent for sent in client.frames if sent["type"] == "error"]
            assert len(refused) == 20


async def test_a_few_refusals_between_sends_close_nobody(
    serve: Any, limits_clock: LimitsClock
) -> None:
    async with serve(limits=roomy(sends=Rate(20, 1), refusals=5)) as desk:
        visitor = desk.visitor()
        conversation = visitor.begin()["id"]
        async with Client(desk.base, visitor) as client:
            kinds: list[str] = []
            for n in range(40):
                # Four are refused before one gets through again.
                if n % 5 == 4:
                    limits_clock.go_on(0.05)
                kinds.append((await client.say(conversation, f"{n}"))["type"])
            assert kinds == [*["error"] * 4, "ok"] * 8
            assert client.connected


async def test_an_organisation_is_limited_and_its_agents_still_answer(
    serve: Any, limits_clock: LimitsClock
) -> None:
    async with serve(limits=roomy(sends_per_organization=Rate(0.1, 10))) as desk:
        visitor, agent, stranger = desk.visitor(), desk.agent(), desk.other().visitor()
        conversation, elsewhere = visitor.begin()["id"], stranger.begin()["id"]
        async with (
            Client(desk.base, visitor) as hers,
            Client(desk.base, agent) as his,
            Client(desk.base, stranger) as theirs,
        ):
            replies = [await hers.say(conversation, f"{n}") for n in range(12)]
            assert [reply["type"] for reply in replies].count("ok") == 9
            assert (await his.say(conversation, "One moment"))["type"] == "ok"
            assert (await theirs.say(elsewhere, "Hello"))["type"] == "ok"


async def test_visitors_at_one_address_share_its_sends(
    serve: Any, limits_clock: LimitsClock
) -> None:
    async with serve(limits=roomy(sends_per_address=Rate(0.1, 6))) as desk:
        one, two = desk.visitor(), desk.visitor()
        far = Behind(desk.visitor(), ELSEWHERE)
        places = [person.begin()["id"] for person in (one, two, far)]
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(Client(desk.base, person))
                for person in (one, two, far)
            ]
            kinds = [(await clients[n % 2].say(places[n % 2], f"{n}"))["type"] for n in range(6)]
            # Two began conversations before.
            assert kinds == ["ok"] * 4 + ["error"] * 2
            assert (await clients[2].say(places[2], "from elsewhere"))["type"] == "ok"


async def test_a_flood_of_connects_is_closed_with_4429_and_agents_get_in(
    serve: Any, limits_clock: LimitsClock
) -> None:
    async with serve(limits=roomy(connections=Rate(1, 5))) as desk:
        visitor = desk.visitor()
        async with AsyncExitStack() as stack:

            async def connect() -> Client:
                client = Client(desk.base, visitor)
                stack.push_async_callback(client.drop)
                await client.open()
                return client

            clients = await asyncio.gather(*(connect() for _ in range(15)))
            await until(lambda: sum(client.closed is not None for client in clients) == 10)
            for client in clients:
                if client.closed is None:
                    continue
                closed, error = await refused_at_once(client)
                assert (closed.code, closed.reason) == (4429, "too_many")
                assert (error["code"], error["final"]) == ("too_many", False)
                assert error["retry_after"] == 1.0
            # The office has the same address; it is not locked out.
            await asyncio.gather(
                *(stack.enter_async_context(Client(desk.base, desk.agent())) for _ in range(10))
            )
            await stack.enter_async_context(Client(desk.base, Behind(visitor, ELSEWHERE)))
            # Who waits is let in, and one more is not.
            limits_clock.go_on(1.0)
            await stack.enter_async_context(Client(desk.base, visitor))
            assert (await (await connect()).until_close()).code == 4429


async def test_the_reconnects_of_an_agent_are_charged_to_the_agent(
    serve: Any, limits_clock: LimitsClock
) -> None:
    """A console that reconnects for ever costs its agent, and neither colleagues nor visitors."""
    async with serve(limits=roomy(calls=Rate(0.01, 4))) as desk:
        agent, colleague = desk.agent(), desk.agent()
        for _ in range(4):
            async with Client(desk.base, agent) as client:
                assert client.connected
        late = Client(desk.base, agent)
        await late.open()
        closed, error = await refused_at_once(late)
        assert (closed.code, error["code"], error["final"]) == (4429, "too_many", False)
        assert error["retry_after"] > 0
        await late.drop()
        for person in (colleague, desk.visitor()):
            async with Client(desk.base, person) as client:
                assert client.connected


CAPS = [
    ("sockets_per_visitor", "You have too many connections open."),
    ("sockets_per_address", "Your network has too many connections open."),
    ("sockets_per_organization", "This organisation has too many connections open."),
    ("sockets_per_process", "This server has too many connections."),
]


@pytest.mark.parametrize(("name", "message"), CAPS)
async def test_open_sockets_are_capped(serve: Any, name: str, message: str) -> None:
    async with serve(limits=roomy(**{name: 3})) as desk:
        visitor = desk.visitor()
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(Client(desk.base, visitor)) for _ in range(3)
            ]
            late = Client(desk.base, visitor)
            stack.push_async_callback(late.drop)
            await late.open()
            if name in ("sockets_per_visitor", "sockets_per_organization"):
                # Who it is, is known only now.
                await late.send({"type": "hello", "token": visitor.token})
            closed, error = await refused_at_once(late)
            assert closed.code == 4429
            assert (error["message"], error["retry_after"]) == (message, 5.0)
            # Those who are in stay in, and somebody elsewhere still gets in where they may.
            other = Behind(desk.other().visitor(), ELSEWHERE)
            if name != "sockets_per_process":
                await stack.enter_async_context(Client(desk.base, other))
            assert all(client.connected for client in clients)
            # Whoever leaves makes room.
            await clients[0].close()
            async with asyncio.timeout(60):
                while True:
                    again = Client(desk.base, visitor)
                    try:
                        await again.connect()
                        break
                    except Closed:
                        await asyncio.sleep(0.1)
            await again.close()


async def test_agents_have_a_reserve(serve: Any) -> None:
    async with serve(limits=roomy(sockets_per_process=10, sockets_per_organization=10)) as desk:
        visitor, agent = desk.visitor(), desk.agent()
        async with AsyncExitStack() as stack:
            for _ in range(10):
                await stack.enter_async_context(Client(desk.base, visitor))
            await stack.enter_async_context(Client(desk.base, agent))
            for person in (agent, visitor):
                late = Client(desk.base, person)
                stack.push_async_callback(late.drop)
                await late.open()
                assert (await late.until_close()).code == 4429


async def test_frames_that_come_too_fast_are_read_later_and_none_is_lost(serve: Any) -> None:
    async with serve(limits=roomy(frames=Rate(50, 20))) as desk:
        visitor = desk.visitor()
        async with Client(desk.base, visitor) as client:
            for n in range(80):
                await client.send({"type": "ping", "n": n})
            await client.until_frame("pong", n=79)
            pongs = [frame["n"] for frame in client.frames if frame["type"] == "pong"]
            assert pongs == list(range(80))


@pytest.mark.parametrize("kind", ["ping", "nonsense"])
async def test_frames_beyond_the_burst_wait_and_others_do_not(serve: Any, kind: str) -> None:
    """Also such as cannot be understood. The wait is longer than anybody here has patience for."""
    burst = 20
    async with serve(limits=roomy(frames=Rate(0.01, burst))) as desk:
        visitor, other = desk.visitor(), desk.visitor()
        async with Client(desk.base, visitor) as client, Client(desk.base, other) as quick:
            for n in range(burst + 5):
                await client.send({"type": kind, "n": n})
            answer = "pong" if kind == "ping" else "error"

            def answers() -> int:
                return sum(frame["type"] == answer for frame in client.frames)

            # A hello may count as one of them.
            await client.until(lambda: answers() >= burst - 1, "an answer to each of the burst")
            for n in range(10):
                await quick.send({"type": "ping", "n": n})
                await quick.until_frame("pong", n=n)
            assert burst - 1 <= answers() <= burst


async def test_an_office_after_a_deploy_meets_no_default_limit(serve: Any) -> None:
    """Sixty agents with two tabs each, and their console's first requests, all from one address,
    while thirty visitors there reconnect as well; and everybody types fast."""
    async with serve(limits=Limits()) as desk:
        agents = [desk.agent() for _ in range(60)]
        visitors = [desk.visitor() for _ in range(30)]
        conversation = visitors[0].begin()["id"]
        async with AsyncExitStack() as stack:
            people = [*agents, *agents, *visitors]
            clients = await asyncio.gather(
                *(stack.enter_async_context(Client(desk.base, person)) for person in people)
            )

            def load(person: Person) -> None:
                for path in ("/me", "/conversations", "/agents", f"/conversations/{conversation}"):
                    person.get(path)

            await asyncio.gather(*(asyncio.to_thread(load, person) for person in agents))
            replies = await asyncio.gather(
                *(clients[0].say(conversation, f"{n}") for n in range(40)),
                *(client.say(conversation, "Hi") for client in clients[1:60]),
            )
            assert {reply["type"] for reply in replies} == {"ok"}
            assert all(client.connected for client in clients)
