"""Visitors' tokens end: with the identity they rest on, and when they are revoked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from campfire_chat import Campfire, Visitor
from campfire_chat.access import signed_identities
from campfire_chat.core import clock
from campfire_chat.core.errors import ConfigurationError, NotStartedError
from tests.conftest import QUICK
from tests.support.client import Client
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk, Person
from tests.support.servers import ThreadServer

pytestmark = pytest.mark.anyio

HOUR = 3600 * clock.SECOND


class Server(ThreadServer):
    """A process with a desk, whose wall clock may be set ahead."""

    def __init__(self, url: str, **options: Any) -> None:
        self.ahead = 0
        campfire = campfire_for(url, clock=self.now, **{**QUICK, **options})
        super().__init__(host_app(campfire))
        self.campfire: Campfire = campfire

    def now(self) -> int:
        return clock.now() + self.ahead

    @property
    def desk(self) -> Desk:
        return Desk(f"{self.url}/support", "default")

    def identified(self, id: str, name: str = "Mia") -> Person:
        """A visitor whose page has said who they are."""
        identity = self.campfire.sign_identity(Visitor(id=id, name=name))
        return self.desk.nobody_with(identity)

    async def revoke(self, **who: str) -> None:
        """As the host's own code does, on its own loop."""
        running = self.campfire._running
        assert running is not None
        assert running.revocation_sync._task is not None
        loop = running.revocation_sync._task.get_loop()
        done = asyncio.run_coroutine_threadsafe(self.campfire.revoke_tokens(**who), loop)
        await asyncio.wrap_future(done)


Serve = Callable[..., Server]


@pytest.fixture
def serve(database_url: str) -> Iterator[Serve]:
    servers: list[Server] = []

    def serve(**options: Any) -> Server:
        server = Server(database_url, **options)
        server.__enter__()
        servers.append(server)
        return server

    yield serve
    for server in servers:
        server.__exit__()


def refused(person: Person) -> str:
    """What the server says to a token that is good no more."""
    answer = person.http.get("/me")
    assert answer.status_code == 401
    return answer.json()["code"]


async def test_a_token_ends_with_its_identity(serve: Serve) -> None:
    server = serve()
    visitor = server.identified("mia")
    conversation = visitor.begin("Hello?")["id"]
    client = Client(visitor.base, visitor)
    await client.connect()
    assert client.welcome is not None
    server.ahead = 23 * HOUR
    # Renewed it may be, but for no longer than the identity.
    renewed = Person(visitor.base, token=visitor.post("/visitors", {})["token"])
    for person in (visitor, renewed):
        assert person.get("/me")["verified"] is True
    server.ahead = signed_identities.LIFETIME * clock.SECOND + clock.SECOND
    assert (await client.until_close()).code == 4401
    for person in (visitor, renewed):
        assert refused(person) == "token_expired"
        assert person.http.post("/visitors", json={}).status_code == 401
    # A fresh identity is the same visitor.
    again = server.identified("mia")
    assert [message["body"] for message in again.thread(conversation)] == ["Hello?"]


async def test_the_welcome_renews_no_token_beyond_its_identity(serve: Serve) -> None:
    server = serve()
    visitor = server.identified("mia")
    server.ahead = 20 * HOUR
    stranger = server.desk.anonymous()
    server.ahead = 23 * HOUR
    for person in (visitor, stranger):
        client = Client(person.base, person)
        await client.connect()
        assert client.welcome is not None
        assert client.welcome["token"] is None
        await client.drop()
    server.ahead = 20 * 24 * HOUR
    client = Client(stranger.base, stranger)
    await client.connect()
    assert client.welcome is not None
    assert client.welcome["token"]
    await client.drop()


async def test_a_short_token_is_renewed_up_to_the_end_of_its_identity(serve: Serve) -> None:
    server = serve(token_lifetime=7200)
    visitor = server.identified("mia")
    for hour in range(1, 24):
        server.ahead = hour * HOUR + HOUR // 2
        client = Client(visitor.base, visitor)
        await client.connect()
        assert client.welcome is not None
        visitor = Person(visitor.base, token=client.welcome["token"] or visitor.token)
        await client.drop()
    server.ahead = 24 * HOUR + 2 * clock.SECOND
    assert refused(visitor) == "token_expired"


async def test_revoked_tokens_are_refused_everywhere(serve: Serve) -> None:
    """In the process that was told, in another one, and in one that starts later."""
    here, there = serve(), serve()
    mia, tom = here.identified("mia"), here.identified("tom", "Tom")
    identity = here.campfire.sign_identity(Visitor(id="mia", name="Mia"))
    conversation = mia.begin("Hello?")["id"]
    path = f"/streams/conversation:{conversation}/events"
    far = Person(there.desk.base, token=mia.token)
    clients = [Client(person.base, person) for person in (mia, far)]
    other = Client(there.desk.base, Person(there.desk.base, token=tom.token))
    for client in (*clients, other):
        await client.connect()
    polls = [
        asyncio.create_task(asyncio.to_thread(person.http.get, f"{path}?after=1&wait=20"))
        for person in (Person(mia.base, token=mia.token), Person(far.base, token=mia.token))
    ]
    await here.revoke(user_id="mia")
    for client in clients:
        assert (await client.until_close()).code == 4401
    agent = here.desk.agent("zoe")
    await asyncio.to_thread(agent.write, conversation, "Secret")
    for poll in polls:
        assert (await poll).status_code == 401
    late = serve()
    for server in (here, there, late):
        assert refused(Person(server.desk.base, token=mia.token)) == "token_expired"
        created = server.desk.nobody().http.post("/visitors", json={"identity": identity})
        assert created.status_code == 401
        bearer = {"Authorization": f"Bearer {mia.token}"}
        renewed = server.desk.nobody().http.post("/visitors", json={}, headers=bearer)
        assert renewed.status_code == 401
        assert Person(server.desk.base, token=tom.token).get("/me")["name"] == "Tom"
    assert other.connected
    await other.drop()


async def test_no_renewal_escapes_a_revocation(serve: Serve) -> None:
    """A stolen token, or identity, may be shown where the revocation is not known yet."""
    here, there = serve(), serve()
    mia = here.identified("mia")
    identity = here.campfire.sign_identity(Visitor(id="mia", name="Mia"))
    stranger = here.desk.anonymous()
    running = there.campfire._running
    assert running is not None
    task = running.revocation_sync._task
    assert task is not None
    # There it is known only when it is looked for, and that does not happen any more.
    stopping = asyncio.run_coroutine_threadsafe(running.revocation_sync.stop(), task.get_loop())
    await asyncio.wrap_future(stopping)
    await here.revoke(user_id="mia")
    await here.revoke(visitor_id=stranger.id)
    for headers, fields in (
        ({"Authorization": f"Bearer {mia.token}"}, {}),
        ({"Authorization": f"Bearer {stranger.token}"}, {}),
        ({}, {"identity": identity}),
    ):
        answer = there.desk.nobody().http.post("/visitors", json=fields, headers=headers)
        assert answer.status_code == 201
        renewed = answer.json()["token"]
        assert refused(Person(here.desk.base, token=renewed)) == "token_expired"
        # Nor is it worth anything when it is renewed once more.
        again = there.desk.nobody().http.post(
            "/visitors", json={}, headers={"Authorization": f"Bearer {renewed}"}
        )
        assert refused(Person(here.desk.base, token=again.json()["token"])) == "token_expired"


async def test_what_is_issued_after_a_revocation_counts(serve: Serve) -> None:
    server = serve()
    session = server.desk.session_visitor("mia")
    before = session.post("/visitors", {})["token"]
    await server.revoke(user_id="mia")
    after = session.post("/visitors", {})["token"]
    for token, status in ((before, 401), (after, 200)):
        session.http.headers["Authorization"] = f"Bearer {token}"
        assert session.http.get("/me").status_code == status


async def test_a_stranger_is_revoked_by_the_visitors_id(serve: Serve) -> None:
    server = serve()
    stranger, other = server.desk.anonymous(), server.desk.anonymous()
    await server.revoke(visitor_id=stranger.id)
    assert refused(stranger) == "token_expired"
    other.get("/me")


async def test_an_identity_is_of_one_organisation(serve: Serve) -> None:
    server = serve()
    mia = server.identified("mia")
    await server.revoke(user_id="mia", organization="elsewhere")
    mia.get("/me")


async def test_revoke_says_what_it_needs(serve: Serve) -> None:
    server = serve()
    for wrong in ({}, {"user_id": "mia", "visitor_id": "vis_1"}):
        with pytest.raises(ConfigurationError):
            await server.campfire.revoke_tokens(**wrong)
    with pytest.raises(NotStartedError):
        await campfire_for("sqlite:///never.db").revoke_tokens(user_id="mia")
