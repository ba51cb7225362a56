"""Request bodies that do not end, or are more than anybody needs."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from campfire_chat import Rate
from tests.conftest import QUICK
from tests.protocol.test_limits import ELSEWHERE, Behind, roomy
from tests.rest.test_limits import refusal
from tests.support.engines import copy_sqlite
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk, Person
from tests.support.servers import ThreadServer

Serve = Callable[..., Any]


@pytest.fixture
def serve(sqlite_template: Path, tmp_path: Path) -> Serve:
    @contextmanager
    def serve(http: str = "auto", **options: Any) -> Iterator[Desk]:
        path = tmp_path / "bodies.db"
        url = f"sqlite:///{path}" if path.exists() else copy_sqlite(sqlite_template, path)
        app = host_app(campfire_for(url, **{**QUICK, **options}))
        with ThreadServer(app, http=http) as server:
            yield Desk(f"{server.url}/support")

    return serve


def begun(person: Person, path: str, length: int, *, chunked: bool) -> socket.socket:
    """A request whose body has begun, and does not go on."""
    where = urlsplit(person.base)
    assert where.hostname is not None
    connection = socket.create_connection((where.hostname, where.port), timeout=120)
    size = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {length}"
    connection.sendall(
        f"POST {where.path}/api/v1{path} HTTP/1.1\r\nHost: {where.netloc}\r\n"
        f"Authorization: Bearer {person.token}\r\nContent-Type: application/json\r\n"
        f"{size}\r\n\r\n".encode()
        + (b"1\r\n{\r\n" if chunked else b"{")
    )
    return connection


def everything(connection: socket.socket) -> bytes:
    """What the server says until it closes the connection."""
    found = b""
    while part := connection.recv(65536):
        found += part
    return found


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
@pytest.mark.parametrize("http", ["h11", "httptools"])
def test_a_body_that_never_ends_is_cut_off(serve: Serve, http: str, chunked: bool) -> None:
    # Another server of the same desk, since the body of an ordinary request may be late as well.
    with serve() as usual, serve(http=http, body_timeout=0.2) as desk:
        visitor = usual.visitor()
        conversation = visitor.begin()["id"]
        visitor = Person(desk.base, token=visitor.token)
        for path in (
            "/visitors",
            "/conversations",
            f"/conversations/{conversation}/messages",
            f"/conversations/{conversation}/receipts",
        ):
            with begun(visitor, path, 20, chunked=chunked) as connection:
                head, _, body = everything(connection).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 408 "), (path, head)
            problem = json.loads(body)
            assert (problem["code"], problem["status"]) == ("body_timeout", 408)
        assert len(visitor.thread(conversation)) == 1


def test_a_body_that_trickles_has_no_longer_than_that(serve: Serve) -> None:
    """The whole of it counts: a byte now and then is no sign of life."""
    with serve() as usual, serve(body_timeout=0.3) as desk:
        visitor = Person(desk.base, token=usual.visitor().token)
        with begun(visitor, "/conversations", 1_000, chunked=False) as connection:
            connection.settimeout(0.02)
            answer = b""
            for _ in range(3_000):
                try:
                    answer = connection.recv(65536)
                    break
                except TimeoutError:
                    connection.sendall(b" ")
            assert b" 408 " in answer.split(b"\r\n")[0]


def test_bytes_are_limited_for_a_caller_and_an_address(serve: Serve) -> None:
    limits = roomy(input_bytes=Rate(100, 20_000), input_bytes_per_address=Rate(100, 45_000))
    with serve(limits=limits) as desk:
        one, two, three = (Behind(desk.visitor(), ELSEWHERE) for _ in range(3))
        agent = desk.agent()
        id, other, third = (person.begin()["id"] for person in (one, two, three))

        def say(person: Person, conversation: str) -> Any:
            path = f"/conversations/{conversation}/messages"
            return person.http.post(path, json={"body": "x" * 9_000})

        assert [say(one, id).status_code for _ in range(3)] == [201, 201, 429]
        refusal(say(one, id))
        # Whatever carries the bytes.
        message = one.thread(id)[-1]["id"]
        refusal(one.http.patch(f"/messages/{message}", json={"body": "y" * 9_000}))
        assert one.http.get("/me").status_code == 200
        assert [say(two, other).status_code for _ in range(2)] == [201, 201]
        # All of them together; somebody elsewhere and the agents are not concerned.
        refusal(say(three, third))
        assert say(Behind(three, "198.51.100.8"), third).status_code == 201
        assert say(agent, id).status_code == 201


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
def test_what_never_ends_is_charged_too(serve: Serve, chunked: bool) -> None:
    """Bytes count while they are waited for: otherwise an address could have megabytes held."""
    with serve(limits=roomy(input_bytes=Rate(0.001, 20_000)), body_timeout=30.0) as desk:
        visitor, other = desk.visitor(), desk.visitor()
        conversation = visitor.begin()["id"]
        path = f"/conversations/{conversation}/messages"
        with ExitStack() as open_ones:
            for _ in range(3):
                # None of them is answered before its time is up, which is long.
                connection = open_ones.enter_context(begun(visitor, path, 9_500, chunked=chunked))
                connection.sendall(
                    b"251c\r\n" + b" " * 9_500 + b"\r\n" if chunked else b" " * 9_000
                )
            answer = connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 429 "), answer
            refusal(visitor.http.post(path, json={"body": "x" * 2_000}))
            assert other.begin("x" * 9_000)
        assert len(visitor.thread(conversation)) == 1
