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
from campfire_chat.http.routes import ENDPOINTS
from tests.conftest import QUICK
from tests.protocol.test_limits import ELSEWHERE, Behind, roomy
from tests.support.client import Client
from tests.support.engines import copy_sqlite
from tests.support.host import authenticate, campfire_for, host_app
from tests.support.people import Desk, Person
from tests.support.servers import ThreadServer

Serve = Callable[..., Any]


@pytest.fixture
def serve(sqlite_template: Path, tmp_path: Path) -> Serve:
    """Servers with limits of the test's own."""

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


def test_calls_are_limited_and_a_patient_client_gets_through(serve: Serve) -> None:
    with serve(limits=roomy(calls=Rate(4, 20))) as desk:
        agent, other, visitor = desk.agent(), desk.agent(), desk.visitor()
        for person in (agent, visitor):
            began = time.monotonic()
            answers = [person.http.get("/me") for _ in range(30)]
            took = time.monotonic() - began
            fine = [answer for answer in answers if answer.status_code == 200]
            assert 20 <= len(fine) <= 20 + 4 * took + 1
            problem = refusal(exhaust(person, "GET", "/me"))
            assert problem["retry_after"] <= 0.25
            time.sleep(problem["retry_after"])
            assert person.http.get("/me").status_code == 200
        assert other.http.get("/me").status_code == 200


def test_a_client_that_honours_retry_after_loses_nothing(serve: Serve) -> None:
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
                time.sleep(refusal(answer)["retry_after"])
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
            with httpx.Client(headers=person.http.headers, timeout=40, trust_env=False) as client:
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
            for _ in range(100):
                answer = probe(person, conversation_id, 0.05)
                if answer.status_code == 429:
                    return refusal(answer)
            raise AssertionError("there was no cap")

        threads = [begin(visitor, conversation) for _ in range(2)]
        assert until_refused(visitor, conversation)["detail"].startswith("You have too many")
        assert probe(visitor, conversation, 0).status_code == 200
        threads.append(begin(other, elsewhere))
        assert until_refused(other, elsewhere)["detail"].startswith("This server")
        agent.write(conversation, "Hello")
        agent.write(elsewhere, "Hello")
        for thread in threads:
            thread.join(20)
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
            async with httpx.AsyncClient(timeout=30, limits=pool, trust_env=False) as client:
                for _ in range(5):
                    await client.get(url)
                answers = await asyncio.gather(*(client.get(url) for _ in range(150)))
                return [answer.status_code for answer in answers]

        assert set(asyncio.run(flood())) == {429}
        assert 2 <= most <= 32
        # An agent behind the same address is asked about, and let in.
        assert desk.agent().http.get("/me").status_code == 200


def test_the_document_says_when_to_come_back(base: str) -> None:
    document = httpx.get(f"{base}/openapi.json").json()
    for path, methods in document["paths"].items():
        for operation in methods.values():
            limited = not path.startswith("/health/")
            assert ("429" in operation["responses"]) == limited, path
            for status, answer in operation["responses"].items():
                assert ("Retry-After" in answer.get("headers", {})) == (status in ("429", "503"))
