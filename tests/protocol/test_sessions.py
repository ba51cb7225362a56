"""The host's session ends, or becomes another person's, while things are open.

The host is one with Starlette's SessionMiddleware, whose session lives in the cookie alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.requests import HTTPConnection

from campfire_chat.access.actor import anonymous
from campfire_chat.realtime.sockets import proof
from tests.conftest import QUICK
from tests.support import sessions
from tests.support.client import Client, Closed
from tests.support.host import campfire_for
from tests.support.sessions import Browser, DeskServer
from tests.support.talk import until

pytestmark = pytest.mark.anyio

#: A session is asked for again every half second, and has as long to be proved.
SETTINGS = {**QUICK, "reauthenticate": 0.5}


Serve = Callable[..., DeskServer]


@pytest.fixture
def serve(sqlite_database_url: str) -> Iterator[Serve]:
    servers: list[DeskServer] = []

    def serve(**options: Any) -> DeskServer:
        options = {"authenticate": sessions.authenticate, **SETTINGS, **options}
        server = DeskServer(campfire_for(sqlite_database_url, **options))
        server.__enter__()
        servers.append(server)
        return server

    yield serve
    for server in servers:
        server.__exit__()


@asynccontextmanager
async def connected(browser: Browser, **options: Any) -> AsyncIterator[Client]:
    client = Client(browser.base, browser, **options)
    await client.connect()
    try:
        yield client
    finally:
        await client.drop()


async def asked(client: Client, times: int) -> None:
    """Wait until the server has asked for a proof so often."""

    def due() -> bool:
        return sum(frame["type"] == "renew_due" for frame in client.frames) >= times

    await client.until(due, f"{times} times renew_due")


@pytest.mark.parametrize("user", ["agent:ada", "customer:mia"])
async def test_who_proves_the_session_stays(serve: Serve, in_no_hurry: set[str], user: str) -> None:
    in_no_hurry |= {"Ada", "Mia"}
    browser = Browser(serve()).log_in(user)
    async with connected(browser) as client:
        await asked(client, 4)
        assert client.connected


@pytest.mark.parametrize("user", ["agent:ada", "customer:mia"])
@pytest.mark.parametrize("proves", [True, False], ids=["answers", "is silent"])
async def test_logging_out_ends_the_socket(
    serve: Serve, in_no_hurry: set[str], user: str, proves: bool
) -> None:
    in_no_hurry.add("Bob")
    server = serve()
    browser, other = Browser(server).log_in(user), Browser(server).log_in("agent:bob")
    async with connected(browser, proves=proves) as client, connected(other) as his:
        await asked(client, 1)
        browser.log_out()
        closed = await client.until_close()
        assert closed.code == 4401
        await asked(his, 3)
        assert his.connected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("agent:ada", "agent:bob"),
        ("agent:ada", "customer:ada"),
        ("customer:mia", "customer:tom"),
        ("customer:mia", "agent:mia"),
    ],
)
async def test_a_ticket_of_another_person_ends_the_socket(
    serve: Serve, before: str, after: str
) -> None:
    server = serve(reauthenticate=3600.0)
    browser, next_one = Browser(server).log_in(before), Browser(server).log_in(after)
    async with connected(browser) as client:
        await client.send({"type": "renew", "ticket": next_one.ticket()})
        closed = await client.until_close()
        assert (closed.code, closed.reason) == (4401, "session_changed")


async def test_a_ticket_of_another_role_ends_the_socket(serve: Serve) -> None:
    browser = Browser(serve(reauthenticate=3600.0)).log_in("agent:ada")
    async with connected(browser) as client:
        browser.log_in("agent:ada", role="viewer")
        await client.send({"type": "renew", "ticket": browser.ticket()})
        assert (await client.until_close()).code == 4401


@pytest.mark.parametrize("writes", [False, True], ids=["is asked", "writes"])
@pytest.mark.parametrize(("before", "after"), [("agent", "viewer"), ("viewer", "agent")])
async def test_a_new_role_counts_from_the_next_renewal(
    serve: Serve,
    in_no_hurry: set[str],
    monkeypatch: pytest.MonkeyPatch,
    before: str,
    after: str,
    writes: bool,
) -> None:
    """The connection of before ends, by the question of the server or by what the agent writes,
    whichever is first. What comes back has the role of now."""
    in_no_hurry.add("Ada")
    server = serve(**({"reauthenticate": 3600.0} if writes else {}))
    customer = Browser(server).log_in("customer:mia")
    conversation = customer.begin("Hello?")["id"]
    browser = Browser(server).log_in("agent:ada", role=before)
    said = ["Hello?"]

    async def write(client: Client, role: str, body: str) -> None:
        reply = await client.say(conversation, body)
        if role == "agent":
            assert reply["type"] == "ok"
            said.append(body)
        else:
            assert (reply["type"], reply["code"]) == ("error", "forbidden")
        reply = await client.say(conversation, f"note: {body}", visibility="internal")
        assert (reply["type"], reply.get("code")) == (
            ("ok", None) if role == "agent" else ("error", "forbidden")
        )

    async with connected(browser) as client:
        assert client.welcome is not None
        assert client.welcome["principal"]["role"] == before
        await write(client, before, "as of before")
        if not writes:
            await asked(client, 2)
        browser.log_in("agent:ada", role=after)
        if writes:
            with monkeypatch.context() as patch:
                patch.setattr(proof, "FOR_SENDING", 0.0)
                with pytest.raises(Closed):
                    await client.say(conversation, "under the role of before")
        closed = await client.until_close()
        assert (closed.code, closed.reason) == (4401, "session_changed")
        welcome = await client.connect()
        assert welcome["principal"]["role"] == after
        await write(client, after, "as of now")
    public = [one["body"] for one in customer.thread(conversation)]
    assert public == said


async def test_what_is_no_ticket_ends_the_socket(serve: Serve) -> None:
    server = serve(reauthenticate=3600.0)
    browser, customer = Browser(server).log_in("agent:ada"), Browser(server).log_in("customer:mia")
    elsewhere = campfire_for("sqlite:///never.db", secret_key="another key, 0123456789 abcdef")
    foreign, _ = elsewhere._tokens.issue_ticket(anonymous("default"))
    for text in ("", "x", "a.b.c", str(customer.token), foreign):
        async with connected(browser) as client:
            await client.send({"type": "renew", "ticket": text})
            closed = await client.until_close()
            assert (closed.code, closed.reason) == (4401, "token_invalid")


async def test_a_ticket_shown_again_proves_nothing_new(serve: Serve) -> None:
    browser = Browser(serve()).log_in("agent:ada")
    async with connected(browser, proves=False) as client:
        ticket = browser.ticket()
        browser.log_out()

        async def show() -> None:
            while client.connected:
                await client.send({"type": "renew", "ticket": ticket})
                await asyncio.sleep(0.05)

        showing = asyncio.create_task(show())
        assert (await client.until_close()).code == 4401
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)


async def test_a_send_needs_a_fresh_proof(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(reauthenticate=3600.0)
    visitor, agent = Browser(server).log_in("customer:mia"), Browser(server).log_in("agent:ada")
    conversation = visitor.begin("Hello?")["id"]
    monkeypatch.setattr(proof, "FOR_SENDING", 0.0)
    async with connected(visitor, proves=False) as hers, connected(agent, proves=False) as his:
        for client in (hers, his):
            refused = await client.say(conversation, "too old", id="same")
            assert (refused["type"], refused["code"]) == ("error", "renewal_needed")
            assert refused["final"] is False
        # Everything else goes on.
        assert (await his.subscribe(f"conversation:{conversation}"))["type"] == "ok"
        assert [message["body"] for message in visitor.thread(conversation)] == ["Hello?"]
        monkeypatch.setattr(proof, "FOR_SENDING", 60.0)
        for client in (hers, his):
            await client.prove()
            assert (await client.say(conversation, "fresh", id="same"))["type"] == "ok"


async def test_a_proof_counts_from_when_the_host_was_asked(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not from when the ticket was shown: it may have been kept back."""
    browser = Browser(serve(reauthenticate=3600.0)).log_in("customer:mia")
    conversation = browser.begin("Hello?")["id"]
    async with connected(browser, proves=False) as client:
        ticket = await asyncio.to_thread(browser.ticket)
        shown = asyncio.get_running_loop().time()
        monkeypatch.setattr(proof, "FOR_SENDING", 0.3)
        await until(lambda: asyncio.get_running_loop().time() > shown + 0.5)
        await client.send({"type": "renew", "ticket": ticket})
        assert (await client.say(conversation, "kept back"))["code"] == "renewal_needed"


async def test_tokens_alone_need_no_proof(
    serve: Serve, in_no_hurry: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_no_hurry.add("Ada")
    monkeypatch.setattr(proof, "FOR_SENDING", 0.0)
    browser = Browser(serve())
    browser.show(sessions.stranger(browser.base)["token"])
    signed_in = Browser(browser._server).log_in("agent:ada")
    conversation = browser.begin("Hello?")["id"]
    async with connected(browser) as hers, connected(signed_in) as his:
        assert (await hers.say(conversation, "no session"))["type"] == "ok"
        await asked(his, 3)
        assert not [frame for frame in hers.frames if frame["type"] == "renew_due"]
        assert hers.connected
    assert browser.http.post("/tickets").status_code == 401


async def test_tickets_are_for_whoever_is_signed_in(serve: Serve) -> None:
    browser = Browser(serve()).log_in("customer:mia")
    answer = browser.post("/tickets", None)
    assert set(answer) == {"ticket", "expires_at"}
    other = {"Origin": "https://evil.example"}
    assert browser.http.post("/tickets", headers=other).status_code in (401, 403)
    browser.log_out()
    assert browser.http.post("/tickets").json()["code"] == "token_expired"
    browser.show(None)
    assert browser.http.post("/tickets").json()["code"] == "unauthorized"


@pytest.mark.parametrize("user", ["agent:ada", "customer:mia"])
async def test_a_long_poll_brings_nothing_after_the_session_ended(serve: Serve, user: str) -> None:
    server = serve()
    browser, writer = Browser(server).log_in(user), Browser(server).log_in("agent:bob")
    customer = browser if user == "customer:mia" else Browser(server).log_in("customer:mia")
    conversation = customer.begin("Hello?")["id"]
    path = f"/streams/conversation:{conversation}/events"
    poll = asyncio.create_task(asyncio.to_thread(browser.get, path, after=1, wait=20))
    await until(lambda: server.polls == 1)
    browser.log_out()
    await asyncio.to_thread(writer.write, conversation, "Secret")
    page = await poll
    assert (page["events"], page["more"]) == ([], True)
    assert browser.http.get(path, params={"after": 1}).status_code == 401


async def test_a_long_poll_asks_again_for_what_came(serve: Serve) -> None:
    server = serve()
    agent, visitor = Browser(server).log_in("agent:ada"), Browser(server).log_in("customer:mia")
    conversation = visitor.begin("Hello?")["id"]
    path = f"/streams/conversation:{conversation}/events"
    poll = asyncio.create_task(asyncio.to_thread(agent.poll, path, after=1))
    await until(lambda: server.polls == 1)
    await asyncio.to_thread(visitor.write, conversation, "Anybody?")
    page = await poll
    assert [event["data"]["body"] for event in page["events"]] == ["Anybody?"]


async def test_a_page_acts_for_nobody_but_whom_it_was_opened_for(serve: Serve) -> None:
    browser = Browser(serve()).log_in("agent:ada")
    ada = browser.get("/me")["id"]
    bob = browser.log_in("agent:bob").get("/me")["id"]
    browser.log_in("agent:ada")
    browser.http.headers["Campfire-Person"] = f"agent%3A{ada}"
    browser.get("/me")
    browser.log_in("agent:bob")
    for method, path, body in (
        ("GET", "/conversations", None),
        ("PUT", f"/agents/{bob}/availability", {"availability": "away"}),
        ("POST", "/tickets", None),
    ):
        answer = browser.http.request(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (401, "session_changed")
    del browser.http.headers["Campfire-Person"]
    assert browser.get(f"/agents/{bob}/availability")["availability"] != "away"


async def test_a_host_that_cannot_tell_is_waited_for(
    serve: Serve, in_no_hurry: set[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A short outage is bridged; a long one ends the socket."""
    down = False

    def fragile(connection: HTTPConnection) -> Any:
        if down:
            raise RuntimeError("the host's database is away")
        return sessions.authenticate(connection)

    caplog.set_level(logging.CRITICAL, "campfire_chat")
    caplog.set_level(logging.CRITICAL, "uvicorn.error")
    in_no_hurry.add("Ada")
    browser = Browser(serve(authenticate=fragile)).log_in("agent:ada")
    # The server closes a connection after an answer of 500; the next request must not meet that.
    browser.http.headers["Connection"] = "close"
    async with connected(browser) as client:
        down = True
        await asked(client, 1)
        down = False
        await client.prove()
        await asked(client, 3)
        assert client.connected
        down = True
        in_no_hurry.clear()
        assert (await client.until_close()).code == 4401
        # Nobody is let in meanwhile, and is told to come back.
        again = Client(browser.base, browser)
        await again.open()
        assert (await again.until_close()).code in (1011, 1013)
        down = False
        await client.drop()
        await client.connect()
        assert client.connected


async def test_a_host_that_names_nobody_we_know_is_told_in_its_log(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve(authenticate=lambda _: {"id": "ada"})
    caplog.set_level(logging.ERROR, "campfire_chat")
    client = Client(f"{server.url}/support", Browser(server))
    await client.open()
    closed = await client.until_close()
    # A mistake of the host's code is none of the visitor's business.
    assert closed.code == 1011
    assert "authenticate must return" in caplog.text


async def test_the_session_counts_only_from_the_desks_own_origin(serve: Serve) -> None:
    shop = "https://shop.example"
    server = serve(allowed_origins=(shop,))
    agent, customer = Browser(server).log_in("agent:ada"), Browser(server).log_in("customer:mia")
    for signed_in in (agent, customer):
        refused = Client(signed_in.base, signed_in, origin=shop)
        await refused.open()
        await refused.send({"type": "hello", "token": signed_in.token})
        assert (await refused.until_close()).code == 4401
        for method in ("GET", "POST"):
            path = "/conversations" if method == "GET" else "/tickets"
            answer = signed_in.http.request(method, path, headers={"Origin": shop})
            assert answer.status_code == 401
        assert signed_in.http.get("/conversations").status_code == 200
        # What another origin's page asks for names nobody from the session.
        created = signed_in.http.post("/visitors", json={}, headers={"Origin": shop})
        if signed_in is agent:
            assert created.json()["visitor"]["verified"] is False
    for site in ("same-site", "cross-site"):
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "cors"}
        answer = agent.http.get("/conversations", headers={**headers, "Origin": ""})
        assert answer.status_code == 401


async def test_a_page_of_an_allowed_origin_works_with_a_token(serve: Serve) -> None:
    shop = "https://shop.example"
    server = serve(allowed_origins=(shop,))
    browser = Browser(server).log_in("agent:ada")
    browser.http.headers["Origin"] = shop
    browser.show(browser.post("/visitors", {})["token"])
    conversation = browser.begin("Hello from the shop")["id"]
    async with connected(browser, origin=shop) as client:
        assert client.welcome is not None
        assert client.welcome["principal"]["kind"] == "visitor"
        assert (await client.say(conversation, "Still there?"))["type"] == "ok"


async def test_a_link_from_elsewhere_leads_an_agent_into_the_console(serve: Serve) -> None:
    server = serve(login_url="/login")
    agent = Browser(server).log_in("agent:ada")
    del agent.http.headers["Origin"]
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    for destination, status in (("document", 200), ("iframe", 303)):
        headers = {**link, "Sec-Fetch-Dest": destination}
        page = agent.http.get(f"{agent.base}/console/", headers=headers)
        assert page.status_code == status
