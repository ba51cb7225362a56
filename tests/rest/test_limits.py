"""Load limits over REST: 429 with Retry-After, and whoever waits gets through."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from campfire_chat import Rate
from campfire_chat.http.endpoints import Cost, Endpoint
from campfire_chat.runtime import ENDPOINTS
from tests.conftest import QUICK
from tests.protocol.test_limits import ELSEWHERE, Behind, roomy
from tests.support.client import Client
from tests.support.clocks import LimitsClock
from tests.support.engines import copy_sqlite
from tests.support.host import authenticate, campfire_for, host_app
from tests.support.people import Desk, Person
from tests.support.servers import ThreadServer

Serve = Callable[..., Any]


@pytest.fixture
def serve(sqlite_template: Path, tmp_path: Path, limits_clock: LimitsClock) -> Serve:
    """Servers with limits of the test's own, for which no time passes by itself."""

    @contextmanager
    def serve(**options: Any) -> Iterator[Desk]:
        url = copy_sqlite(sqlite_template, tmp_path / "limits.db")
        with ThreadServer(host_app(campfire_for(url, **{**QUICK, **options}))) as server:
            yield Desk(f"{server.url}/support")

    return serve


def refusal(answer: httpx.Response) -> dict[str, Any]:
    """A 429 that says everything it should."""
    assert answer.status_code == 429, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["code"] == "too_many"
    # Whole seconds in the header, and never too few of them.
    header = int(answer.headers["retry-after"])
    assert header >= 1
    assert 0 < problem["retry_after"] <= header
    return problem


def exhaust(person: Person, method: str, path: str, **options: Any) -> httpx.Response:
    """Ask until there is a 429."""
    for _ in range(200):
        answer = person.http.request(method, path, **options)
        if answer.status_code == 429:
            return answer
    raise AssertionError("there was no limit")


def test_calls_are_limited_and_a_patient_client_gets_through(
    serve: Serve, limits_clock: LimitsClock
) -> None:
    with serve(limits=roomy(calls=Rate(4, 20))) as desk:
        agent, other, visitor = desk.agent(), desk.agent(), desk.visitor()
        for person in (agent, visitor):
            answers = [person.http.get("/me") for _ in range(30)]
            assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 10
            assert {refusal(answer)["retry_after"] for answer in answers[20:]} == {0.25}
            limits_clock.go_on(0.25)
            assert person.http.get("/me").status_code == 200
            refusal(person.http.get("/me"))
        assert other.http.get("/me").status_code == 200


def test_a_client_that_honours_retry_after_loses_nothing(
    serve: Serve, limits_clock: LimitsClock
) -> None:
    with serve(limits=roomy(sends=Rate(5, 5))) as desk:
        visitor = desk.visitor()
        conversation = visitor.begin()["id"]
        for n in range(12):
            while True:
                answer = visitor.http.post(
                    f"/conversations/{conversation}/messages",
                    json={"body": f"{n}", "client_id": f"m{n}"},
                )
                if answer.status_code == 201:
                    break
                limits_clock.go_on(refusal(answer)["retry_after"])
        bodies = [message["body"] for message in visitor.thread(conversation)]
        assert bodies[1:] == [f"{n}" for n in range(12)]


def test_sends_over_rest_and_sockets_share_a_bucket(serve: Serve) -> None:
    with serve(limits=roomy(sends=Rate(0.1, 10))) as desk:
        visitor = desk.visitor()
        conversation = visitor.begin()["id"]

        async def say() -> list[str]:
            async with Client(desk.base, visitor) as client:
                return [(await client.say(conversation, f"{n}"))["type"] for n in range(6)]

        assert asyncio.run(say()) == ["ok"] * 6
        path = f"/conversations/{conversation}/messages"
        statuses = [visitor.http.post(path, json={"body": "x"}).status_code for _ in range(5)]
        assert statuses == [201] * 3 + [429] * 2


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.operation)
def test_no_endpoint_is_without_limits_but_those_of_load_balancers(endpoint: Endpoint) -> None:
    assert (endpoint.cost is Cost.FREE) == endpoint.path.startswith("/health/")


def test_every_endpoint_refuses_whoever_has_used_up_their_calls(serve: Serve) -> None:
    with serve(limits=roomy(calls=Rate(0.01, 5), calls_per_address=Rate(0.01, 25))) as desk:
        visitor, agent, nobody = desk.visitor(), desk.agent(), desk.nobody()
        for person in (visitor, agent, nobody):
            # Even a refusal is a call.
            exhaust(person, "GET", "/me")
        for endpoint in ENDPOINTS:
            path = endpoint.path.replace("{", "").replace("}", "")
            for person in (visitor, agent, nobody):
                answer = person.http.request(endpoint.method, path)
                if endpoint.cost is Cost.FREE:
                    assert answer.status_code == 200
                else:
                    refusal(answer)


def test_forged_tokens_count_for_their_address(serve: Serve) -> None:
    with serve(limits=roomy(calls_per_address=Rate(0.1, 10))) as desk:
        forger = Person(desk.base, token="forged")
        statuses = [forger.http.get("/me").status_code for _ in range(12)]
        assert statuses == [401] * 10 + [429] * 2
        assert Behind(forger, ELSEWHERE).http.get("/me").status_code == 401
        # Agents there are nobody's address.
        assert desk.agent().http.get("/me").status_code == 200


def test_new_visitors_and_conversations_are_stricter(serve: Serve) -> None:
    with serve(limits=roomy(creations=Rate(0.1, 10))) as desk:
        visitor, agent = desk.visitor(), desk.agent()
        for _ in range(4):
            visitor.begin()
        for _ in range(5):
            assert desk.nobody().http.post("/visitors").status_code == 201
        refusal(desk.nobody().http.post("/visitors"))
        body = {"message": {"body": "Hello"}}
        refusal(visitor.http.post("/conversations", json=body))
        # Whoever comes back is not new, and what they began goes on.
        assert visitor.http.post("/visitors").status_code == 201
        assert visitor.http.get("/conversations").status_code == 200
        assert Behind(desk.nobody(), ELSEWHERE).http.post("/visitors").status_code == 201
        # Agents write to their contacts.
        agent.begin(contact_id=visitor.id)


def test_the_whole_network_of_an_ipv6_address_counts(serve: Serve) -> None:
    with serve(limits=roomy(creations=Rate(0.1, 4))) as desk:

        def create(address: str) -> int:
            return Behind(desk.nobody(), address).http.post("/visitors").status_code

        assert [create(f"2001:db8:1:2::{n}") for n in range(1, 6)] == [201] * 4 + [429]
        assert create("2001:db8:1:3::1") == 201
        assert [create(ELSEWHERE) for _ in range(4)] == [201] * 4
        assert create(f"::ffff:{ELSEWHERE}") == 429


def test_waiting_polls_are_capped(serve: Serve) -> None:
    with serve(limits=roomy(polls_per_caller=2, polls_per_process=3)) as desk:
        visitor, other, agent = desk.visitor(), desk.visitor(), desk.agent()
        conversation, elsewhere = visitor.begin()["id"], other.begin()["id"]
        waiting: list[httpx.Response] = []

        def poll(person: Person, conversation_id: str) -> None:
            path = f"/streams/conversation:{conversation_id}/events"
            with httpx.Client(headers=person.http.headers, timeout=60, trust_env=False) as client:
                url = f"{desk.base}/api/v1{path}"
                answer = client.get(url, params={"after": 1, "wait": 20})
                while answer.status_code == 429:
                    # A probe had the last place for a moment.
                    answer = client.get(url, params={"after": 1, "wait": 20})
                waiting.append(answer)

        def begin(person: Person, conversation_id: str) -> threading.Thread:
            thread = threading.Thread(target=poll, args=(person, conversation_id))
            thread.start()
            return thread

        def probe(person: Person, conversation_id: str, wait: float) -> httpx.Response:
            path = f"/streams/conversation:{conversation_id}/events"
            return person.http.get(path, params={"after": 1, "wait": wait})

        def until_refused(person: Person, conversation_id: str) -> dict[str, Any]:
            # The threads' polls are on their way; this one waits too briefly to matter.
            deadline = time.monotonic() + 15
            while (answer := probe(person, conversation_id, 0.05)).status_code != 429:
                assert time.monotonic() < deadline, "there was no cap"
            return refusal(answer)

        threads = [begin(visitor, conversation) for _ in range(2)]
        assert until_refused(visitor, conversation)["detail"].startswith("You have too many")
        assert probe(visitor, conversation, 0).status_code == 200
        threads.append(begin(other, elsewhere))
        assert until_refused(other, elsewhere)["detail"].startswith("This server")
        agent.write(conversation, "Hello")
        agent.write(elsewhere, "Hello")
        for thread in threads:
            thread.join(60)
        assert [answer.status_code for answer in waiting] == [200] * 3
        # They have left.
        assert probe(visitor, conversation, 0.05).status_code == 200


def test_the_host_is_not_asked_about_a_flood_by_the_thousand(serve: Serve) -> None:
    asked, most, lock = 0, 0, threading.Lock()

    async def slow(connection: Any) -> Any:
        nonlocal asked, most
        with lock:
            asked += 1
            most = max(most, asked)
        await asyncio.sleep(0.5)
        with lock:
            asked -= 1
        return await authenticate(connection)

    limits = roomy(calls_per_address=Rate(0.1, 5))
    with serve(authenticate=slow, limits=limits) as desk:

        async def flood() -> list[int]:
            url = f"{desk.base}/api/v1/me"
            pool = httpx.Limits(max_connections=200)
            async with httpx.AsyncClient(timeout=120, limits=pool, trust_env=False) as client:
                for _ in range(5):
                    await client.get(url)
                answers = await asyncio.gather(*(client.get(url) for _ in range(150)))
                return [answer.status_code for answer in answers]

        assert set(asyncio.run(flood())) == {429}
        assert 2 <= most <= 32
        # An agent behind the same address is asked about, and let in.
        assert desk.agent().http.get("/me").status_code == 200


def test_the_document_says_when_to_come_back(base: str) -> None:
    document = httpx.get(f"{base}/openapi.json", timeout=60).json()
    for path, methods in document["paths"].items():
        for operation in methods.values():
            limited = not path.startswith("/health/")
            assert ("429" in operation["responses"]) == limited, path
            for status, answer in operation["responses"].items():
                assert ("Retry-After" in answer.get("headers", {})) == (status in ("429", "503"))


def test_a_wide_ipv6_network_has_limits_of_its_own(serve: Serve) -> None:
    """Thousands of addresses are no way around the limits: a /56 may use twice as much as an
    address, a /48 four times."""
    with serve(limits=roomy(creations=Rate(0.01, 4))) as desk:

        def created(addresses: list[str]) -> int:
            return sum(
                Behind(desk.nobody(), address).http.post("/visitors").status_code == 201
                for address in addresses
            )

        # Each from a /64 of its own, all in one /56.
        assert created([f"2001:db8:1:{n:x}::1" for n in range(20)]) == 8
        # Each from a /56 of its own, all in the same /48.
        assert created([f"2001:db8:1:{n:x}00::1" for n in range(1, 20)]) == 8
        # Somebody else's network, and somebody with one address in it.
        assert created([f"2001:db8:2:{n:x}::1" for n in range(3)]) == 3


def test_long_polls_are_capped_for_an_address(serve: Serve) -> None:
    limits = roomy(polls_per_address=2, polls_per_process=4)
    with serve(limits=limits) as desk:
        crowd = [Behind(desk.visitor(), ELSEWHERE) for _ in range(3)]
        agent, other = desk.agent(), Behind(desk.visitor(), "198.51.100.8")
        places = [person.begin()["id"] for person in (*crowd, other)]
        answers: list[httpx.Response] = []

        def poll(person: Person, place: str, wait: float) -> httpx.Response:
            path = f"/streams/conversation:{place}/events"
            return person.http.get(path, params={"after": 1, "wait": wait})

        def wait_for_an_event(person: Person, place: str) -> None:
            answer = poll(person, place, 25)
            while answer.status_code == 429:
                # A probe had the last place for a moment.
                answer = poll(person, place, 25)
            answers.append(answer)

        def in_background(person: Behind, place: str) -> threading.Thread:
            waiting = Behind(person, person.address)
            thread = threading.Thread(target=wait_for_an_event, args=(waiting, place))
            thread.start()
            return thread

        threads = [in_background(*one) for one in zip(crowd[:2], places[:2], strict=True)]
        deadline = time.monotonic() + 15
        while (answer := poll(crowd[2], places[2], 0.02)).status_code != 429:
            assert time.monotonic() < deadline, "there was no cap"
        assert refusal(answer)["detail"] == "Your network has too many long polls open."
        # Another address has room, and so has an agent, wherever they are.
        assert poll(other, places[3], 0.02).status_code == 200
        assert poll(agent, places[3], 0.02).status_code == 200
        for place in places[:2]:
            agent.write(place, "Hello")
        for thread in threads:
            thread.join(60)
        # Whoever answers also gets the conversation: two events of one commit.
        assert [len(answer.json()["events"]) for answer in answers] == [2, 2]
        assert poll(crowd[2], places[2], 0.02).status_code == 200


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.operation)
def test_every_write_is_charged(endpoint: Endpoint) -> None:
    """What changes anything costs more than a request, and is counted while it waits."""
    # A ticket is signed and stored nowhere.
    reads = endpoint.method == "GET" or endpoint.operation == "create_ticket"
    assert (endpoint.cost in (Cost.FREE, Cost.CALL)) == reads


def test_writes_are_limited_for_a_caller_and_an_address(serve: Serve) -> None:
    limits = roomy(writes=Rate(0.01, 6), writes_per_address=Rate(0.01, 9))
    with serve(limits=limits) as desk:
        one, two = (Behind(desk.visitor(), ELSEWHERE) for _ in range(2))
        agent = desk.agent()
        id, other = one.begin()["id"], two.begin()["id"]
        message = one.thread(id)[0]["id"]
        receipts = f"/conversations/{id}/receipts"

        async def marks(count: int) -> list[dict[str, Any]]:
            async with Client(desk.base, one) as client:
                frame = {"type": "receipt", "conversation_id": id, "read": 1}
                return [await client.request(dict(frame)) for _ in range(count)]

        for n in range(2):
            assert one.http.post(receipts, json={"read": 1}).status_code == 200
            assert one.http.patch(f"/messages/{message}", json={"body": f"{n}"}).status_code == 200
        # Over a socket they come out of the same bucket, and a new socket does not refill it.
        assert [reply["type"] for reply in asyncio.run(marks(1))] == ["ok"]
        assert [reply["type"] for reply in asyncio.run(marks(2))] == ["ok", "error"]
        (refused,) = asyncio.run(marks(1))
        assert (refused["code"], refused["final"]) == ("too_many", False)
        assert refused["retry_after"] > 0
        refusal(one.http.post(receipts, json={"read": 1}))
        refusal(one.http.patch(f"/messages/{message}", json={"body": "no"}))
        refusal(one.http.delete(f"/messages/{message}"))
        refusal(one.http.patch(f"/conversations/{id}", json={"priority": "high"}))
        # Messages have a limit of their own.
        one.write(id, "still there")
        # Three are left to everybody at that address.
        path = f"/conversations/{other}/receipts"
        codes = [two.http.post(path, json={"read": 1}).status_code for _ in range(4)]
        assert codes == [200] * 3 + [429]
        for n in range(6):
            agent.patch(f"/conversations/{id}", {"subject": f"{n}"})
        refusal(agent.http.patch(f"/conversations/{id}", json={"subject": "too many"}))
        path = f"/agents/{agent.id}/availability"
        refusal(agent.http.put(path, json={"availability": "busy"}))


def test_the_text_of_an_edit_that_was_refused_is_not_stored(serve: Serve) -> None:
    with serve(limits=roomy(writes=Rate(0.01, 1))) as desk:
        visitor = desk.visitor()
        id = visitor.begin("first")["id"]
        message = visitor.thread(id)[0]["id"]
        visitor.patch(f"/messages/{message}", {"body": "second"})
        refusal(visitor.http.patch(f"/messages/{message}", json={"body": "third"}))
        assert visitor.thread(id)[0]["body"] == "second"
