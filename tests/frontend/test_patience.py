"""The browser's outbox and connection against a server that has had enough: they wait as long as
they are told, do not hammer, and lose nothing. In node, since no screen is needed for it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
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
from tests.support.node import TYPESCRIPT
from tests.support.people import Desk, Person
from tests.support.servers import ThreadServer

pytestmark = pytest.mark.anyio

SOURCES = Path(campfire_chat.__file__).parent / "frontend"

#: No socket is closed because the machine is slow.
CALM: dict[str, Any] = {**QUICK, "heartbeat": 25.0, "hello_timeout": 25.0}


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
        await self.when(lambda: len(self.all(what)) >= count, f"{what} number {count}", seconds)

    async def when(self, holds: Callable[[], bool], what: str, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert self._process.returncode is None, "node has ended; see above"
            assert time.monotonic() < deadline, f"no {what}: {self.told[-20:]}"
            await asyncio.sleep(0.02)

    async def end(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)


@asynccontextmanager
async def browser(person: Person) -> AsyncIterator[Browser]:
    assert person.token is not None
    process = await asyncio.create_subprocess_exec(
        *TYPESCRIPT,
        *(str(Path(__file__).with_name("patience.mjs")), f"{person.base}/", person.token, SOURCES),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    running = Browser(process)
    try:
        # Loading the code takes seconds on a busy machine, in which limits grow again.
        await running.until("ready", 1)
        yield running
    finally:
        await running.end()


@pytest.fixture
def serve(sqlite_template: Path, tmp_path: Path) -> Any:
    @asynccontextmanager
    async def serve(**options: Any) -> AsyncIterator[Desk]:
        url = copy_sqlite(sqlite_template, tmp_path / "limits.db")
        campfire = campfire_for(url, **{**CALM, **options})
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
            said = 0

            def answered() -> bool:
                return len(page.all("sent")) == said or bool(page.all("refused"))

            # A few are admitted, until one is refused: how many says the speed of the machine.
            while not page.all("refused"):
                page.do("say", conversation, f"{said}")
                said += 1
                await page.when(answered, "answer")
            # Writing on does not make the page hammer.
            for n in range(said, said + 3):
                page.do("say", conversation, f"{n}")
                page.do("look")
            said += 3
            await page.until("sent", said)
            for place, (what, refused) in enumerate(page.told):
                if what == "refused":
                    following = (fields for kind, fields in page.told[place:] if kind == "try")
                    assert next(following)["at"] >= refused["at"] + refused["seconds"]
            # Each had to wait for a token at most, and was refused hardly more than once.
            assert len(page.all("try")) <= 2 * said
            assert page.all("close") == []
        thread = await asyncio.to_thread(visitor.thread, conversation)
        assert [message["body"] for message in thread][1:] == [f"{n}" for n in range(said)]


async def test_a_refused_socket_comes_back_when_it_is_time(serve: Any) -> None:
    async with serve(limits=roomy(connections=Rate(0.25, 1))) as desk:
        visitor = desk.visitor()
        conversation = visitor.begin()["id"]
        # The other one connects when all is ready: seconds later a further one would be let in.
        async with browser(visitor) as page, Client(desk.base, visitor):
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


@pytest.mark.usefixtures("patient_storage")
async def test_an_overloaded_server_is_given_its_time(
    sqlite_template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "slow.db"
    campfire = campfire_for(
        copy_sqlite(sqlite_template, path),
        **{**CALM, "poll_interval": 1.0},
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
