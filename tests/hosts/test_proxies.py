"""The documented proxy configurations, run as they are: Debian's nginx and Caddy."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.faults import checker
from tests.faults.crowd import Crowd
from tests.support.balancers import Balancer, caddy, nginx
from tests.support.client import SUBPROTOCOL, Client
from tests.support.engines import EngineMissing, copy_sqlite
from tests.support.people import Desk
from tests.support.servers import PATIENCE, ProcessServer, process_server
from tests.support.talk import until
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

PROXIES: dict[str, Callable[..., AbstractContextManager[Balancer]]] = {
    "nginx": nginx,
    "caddy": caddy,
}


class Site:
    """A proxy with two processes behind it."""

    def __init__(
        self, name: str, balancer: Balancer, servers: list[ProcessServer], database_url: str
    ) -> None:
        self.name = name
        self.balancer = balancer
        self.servers = servers
        self.database_url = database_url
        self.base = f"{balancer.url}/support"


@pytest.fixture(scope="module", params=PROXIES)
def site(
    request: pytest.FixtureRequest,
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp(request.param)
    url = copy_sqlite(sqlite_template, folder / "campfire.db")
    options: dict[str, Any] = {"poll_interval": 0.2, "heartbeat": 3.0, "drain_delay": 6.0}
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                process_server(
                    url,
                    arguments=("--proxy-headers", "--forwarded-allow-ips", "127.0.0.1"),
                    **options,
                )
            )
            for _ in range(2)
        ]
        ports = [server.port for server in servers]
        try:
            balancer = stack.enter_context(PROXIES[request.param](folder, ports))
        except EngineMissing as missing:
            pytest.skip(str(missing))
        _wait_until_it_passes_on(balancer)
        yield Site(request.param, balancer, servers, url)


def _wait_until_it_passes_on(balancer: Balancer) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(httpx.TransportError):
            probe = f"{balancer.url}/support/api/v1/health/ready"
            if httpx.get(probe, trust_env=False, timeout=10).status_code == 200:
                return
        assert time.monotonic() < deadline, "nothing comes through the proxy"
        time.sleep(0.1)


async def test_requests_sockets_and_long_polls(site: Site) -> None:
    desk = Desk(site.base)
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin("0")["id"]
    stream = f"conversation:{conversation}"
    # An agent comes by cookie from a page at the proxy's address: the Host header has to be right.
    agent.write(conversation, "by cookie")
    async with Client(desk.base, visitor) as hers, Client(desk.base, agent) as his:
        assert his.origin is None
        for client in (hers, his):
            await client.subscribe(stream)
        await hers.say(conversation, "by socket")
        for client in (hers, his):
            await client.until_seq(stream, 4)

        polled = asyncio.create_task(
            asyncio.to_thread(visitor.get, f"/streams/{stream}/events", 200, after=4, wait=30)
        )
        await asyncio.sleep(0.5)
        assert not polled.done()
        await his.say(conversation, "and heard by the poll")
        page = await polled
        assert [event["seq"] for event in page["events"]] == [5]
        # The proxy does not cut it off: it ends by itself, with an answer.
        page = await asyncio.to_thread(
            visitor.get, f"/streams/{stream}/events", 200, after=5, wait=2
        )
        assert (page["events"], page["head"]) == ([], 5)

    # The page's own origin is let in, another one is not.
    own = Client(desk.base, agent, origin=site.balancer.url)
    await own.connect()
    await own.drop()
    foreign = Client(desk.base, agent, origin="http://elsewhere.example")
    await foreign.open()
    assert (await foreign.until_close()).code == 4403
    await foreign.drop()


async def test_a_socket_outlives_its_silence(site: Site) -> None:
    desk = Desk(site.base)
    async with Client(desk.base, desk.visitor()) as client:
        # Nothing is said but heads, which the proxy must pass on as they come.
        await client.until_frame("head")
        assert client.closed is None


async def test_sizes(site: Site) -> None:
    visitor = Desk(site.base).visitor()
    conversation = visitor.begin()["id"]
    path = f"/conversations/{conversation}/messages"
    visitor.post(path, {"body": "x" * 9_000, "client_id": "fits"})
    assert visitor.http.post(path, content=b"x" * 100_000).status_code == 413
    with contextlib.suppress(httpx.TransportError):
        # nginx answers before it has read it all; Caddy cuts the request to the app.
        assert visitor.http.post(path, content=b"x" * 1_000_000).status_code in (413, 502)


async def test_no_secrets_in_the_log(site: Site) -> None:
    visitor = Desk(site.base).visitor()
    visitor.http.get(f"{site.base}/api/v1/me?password=swordfish")
    deadline = time.monotonic() + PATIENCE
    while "/support/api/v1/me" not in (text := _log(site)):
        assert time.monotonic() < deadline, text
        await asyncio.sleep(0.1)
    assert "swordfish" not in text
    assert visitor.token is not None
    assert visitor.token not in text
    assert "host_session=" not in text


def _log(site: Site) -> str:
    return site.balancer.log.read_text("utf-8") if site.balancer.log.exists() else ""


async def test_a_prefix_that_the_proxy_strips(site: Site) -> None:
    if site.name != "nginx":
        # One proxy shows it; what the desk sees is the same.
        return
    # The app is not told of the prefix here; what comes from its own paths works all the same.
    live = f"{site.balancer.url}/shop/support/api/v1/health/live"
    answer = httpx.get(live, headers={"Host": "example.com"}, trust_env=False, timeout=60)
    assert answer.status_code == 200
    person = Desk(site.base).visitor()
    async with connect(
        "ws://example.com/shop/support/ws",
        host="127.0.0.1",
        port=site.balancer.port,
        subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]
        proxy=None,
    ) as socket:
        await socket.send(f'{{"type": "hello", "token": "{person.token}"}}')
        assert '"welcome"' in str(await socket.recv())


async def test_a_rolling_restart_loses_nothing(site: Site) -> None:
    """Both processes restart, one after the other, while people talk through the proxy."""
    crowd = Crowd(lambda: [site.base])
    await crowd.gather(8)
    over = asyncio.Event()
    talking = asyncio.create_task(crowd.talk(10_000, pace=0.2, until=over))
    polling = asyncio.create_task(_ask_all_the_time(site, over))
    for server in site.servers:
        status, _ = await asyncio.to_thread(server.terminate)
        assert status in (0, -15)
        await asyncio.to_thread(server.start)
        await _seen_again(site, server)
    over.set()
    await talking
    answers = await polling
    truth = Truth(site.database_url)
    assert await crowd.converge(lambda: truth.heads(crowd.organization), seconds=15) < 15
    journal = await crowd.disperse()
    broken = [
        finding
        for finding in checker.findings(journal, checker.read(truth, crowd.organization))
        if not finding.holds
    ]
    assert not broken
    assert len(journal.sent) > 100
    assert all(sent.answers for sent in journal.sent)
    # Nobody was turned away, neither with a request nor with a socket.
    assert set(answers) == {200}
    assert _sockets_refused(site) == []


async def _seen_again(site: Site, server: ProcessServer) -> None:
    """Wait until the proxy knows that a process is back. Caddy looks every second, nginx tries it
    with the next request."""
    if site.name == "caddy":
        probe = "GET /support/api/v1/health/ready"
        before = server.log.count(probe)
        await until(lambda: server.log.count(probe) >= before + 2)


def _sockets_refused(site: Site) -> list[str]:
    refused = re.compile(r'/support/ws" 50\d|"uri":"/support/ws".*"status":50\d')
    return [line for line in _log(site).splitlines() if refused.search(line)]


async def _ask_all_the_time(site: Site, over: asyncio.Event) -> list[int]:
    visitor = Desk(site.base).visitor()
    answers: list[int] = []
    async with httpx.AsyncClient(
        trust_env=False, headers=visitor.http.headers, timeout=PATIENCE
    ) as client:
        while not over.is_set():
            answer = await client.get(f"{site.base}/api/v1/me")
            answers.append(answer.status_code)
            await asyncio.sleep(0.05)
    return answers
