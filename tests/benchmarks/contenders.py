"""Who takes part: how each server is started, and what its clients say."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

from campfire_chat.access.actor import anonymous
from campfire_chat.access.records import Agent
from tests.benchmarks.load import BODY, Kind
from tests.benchmarks.peers import DATABASE, REDIS
from tests.benchmarks.servers import Backends, Servers, servers
from tests.benchmarks.wire import Seat
from tests.support import host
from tests.support.engines import run_apart
from tests.support.people import signer
from tests.support.servers import ROOT
from tests.support.store import Store

Pairs = list[tuple[Seat, Seat]]


class Running(NamedTuple):
    """A contender's servers, and the seats of its clients."""

    servers: Servers
    pairs: Pairs


class Contender(NamedTuple):
    """
    Attributes:
        what: For the table.
        durable: Whether a message is on disk when it is acknowledged.
        engine: The database it needs; None for none.
        start: Its servers, with that many pairs of clients.
    """

    what: str
    durable: bool
    kind: Kind
    engine: str | None
    start: Callable[[Backends, int], AbstractContextManager[Running]]


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


_MESSAGE = _compact({"client_id": "%s", "body": BODY})


def echo_pairs(ports: list[int], count: int) -> Pairs:
    return [(Seat(ports[0], "/", message=_MESSAGE), Seat(ports[-1], "/", message=_MESSAGE))] * count


def room_pairs(ports: list[int], count: int) -> Pairs:
    """Two seats in each room, on different processes if there are two."""
    return [
        (
            Seat(ports[0], f"/rooms/{number}", message=_MESSAGE),
            Seat(ports[-1], f"/rooms/{number}", message=_MESSAGE),
        )
        for number in range(count)
    ]


def socketio_pairs(ports: list[int], count: int) -> Pairs:
    pairs: Pairs = []
    for number in range(count):
        room = f"room-{number}"
        data = _compact({"room": room, "client_id": "%s", "body": BODY})
        one, other = (
            Seat(
                port,
                "/socket.io/?EIO=4&transport=websocket",
                greetings=["40", f'42["join","{room}"]'],
                message=f'42["message",{data}]',
                ready="40{",
            )
            for port in (ports[0], ports[-1])
        )
        pairs.append((one, other))
    return pairs


def campfire_seat(
    port: int,
    *,
    conversation: str,
    stream: str,
    token: str | None = None,
    cookie: str = "",
    after: int | None = None,
) -> Seat:
    """A client of ours that listens to one stream and writes to one conversation.

    Args:
        after: The last event that it has of the stream, if it comes back; it then subscribes with
            its hello, as our browser code does.
    """
    send = {"type": "message.send", "id": "%s", "conversation_id": conversation, "body": BODY}
    resume = [] if after is None else [{"stream": stream, "after": after}]
    greetings = [_compact({"type": "hello", "token": token, "resume": resume})]
    if after is None:
        greetings.append(_compact({"type": "subscribe", "id": "subscribed", "stream": stream}))
    return Seat(
        port,
        "/support/ws",
        headers={"Sec-WebSocket-Protocol": "campfire.v1", **({"Cookie": cookie} if cookie else {})},
        greetings=greetings,
        message=_compact(send),
        tickets="/support/api/v1/tickets" if cookie else "",
        ready='"id":"subscribed"' if after is None else f'"streams":[{{"stream":"{stream}"',
    )


async def _conversations(url: str, count: int) -> list[tuple[str, str]]:
    """Conversations of as many strangers, with their tokens; past HTTP, for speed."""
    tokens = signer()._tokens
    campfire = host.campfire_for(url, drain_on_signal=False)
    made: list[tuple[str, str]] = []
    async with campfire.lifespan():
        for start in range(0, count, 250):
            actors = [anonymous("default") for _ in range(start, min(count, start + 250))]
            opened = await asyncio.gather(
                *(
                    Store.of(campfire).conversations.open(actor, client_id="first", body="Hello?")
                    for actor in actors
                )
            )
            made += [
                (conversation.id, tokens.issue(actor))
                for (conversation, _), actor in zip(opened, actors, strict=True)
            ]
    return made


def campfire_pairs(
    ports: list[int],
    conversations: list[tuple[str, str]],
    tabs: int,
    *,
    across: bool,
    back: bool = False,
) -> Pairs:
    """A visitor and an agent for each conversation, who listen to it; nobody has the inbox open.

    Args:
        back: Whether they were there before, and have seen its first event.
    """
    after = 1 if back else None
    pairs: Pairs = []
    for number, (conversation, token) in enumerate(conversations):
        near = ports[0] if across else ports[number % len(ports)]
        far = ports[-1] if across else near
        agent = Agent(id=f"agent-{number // tabs}", name=f"Agent {number // tabs}")
        cookie = f"{host.COOKIE}={host.session_of(agent)}"
        stream = f"conversation:{conversation}"
        pairs.append(
            (
                campfire_seat(
                    near, conversation=conversation, stream=stream, token=token, after=after
                ),
                campfire_seat(
                    far, conversation=conversation, stream=stream, cookie=cookie, after=after
                ),
            )
        )
    return pairs


def campfire_environment(
    backends: Backends, url: str, *, processes: int, **options: object
) -> dict[str, str]:
    bus = backends.bus(url) if processes > 1 else "memory://"
    if bus is not None:
        options["bus_url"] = bus
    return {host.DATABASE_URL: url, host.OPTIONS: json.dumps(options)}


@contextmanager
def campfire(
    backends: Backends,
    engine: str,
    pairs: int,
    *,
    processes: int = 1,
    across: bool = True,
    tabs: int = 1,
    back: bool = False,
    profile: Path | None = None,
) -> Iterator[Running]:
    """Our own servers.

    Args:
        across: Whether the two of a pair are with different processes, if there are several.
        tabs: Sockets of one agent, each in another conversation.
        back: Whether the clients come back, as after a deploy, rather than for the first time.
        profile: Where the first process leaves its cProfile, if it is to make one.
    """
    with backends.database(engine) as url:
        conversations = run_apart(_conversations(url, pairs))
        environment = campfire_environment(backends, url, processes=processes)
        with servers(
            "tests.support.host:from_environment()",
            processes=processes,
            profile=profile,
            **environment,
        ) as running:
            pairs_of_clients = campfire_pairs(
                running.ports, conversations, tabs, across=across, back=back
            )
            yield Running(running, pairs_of_clients)


def _campfire(engine: str, processes: int = 1, *, across: bool = True) -> Contender:
    name = {"sqlite": "SQLite, `synchronous=FULL`", "postgresql": "PostgreSQL"}[engine]
    where = "across both" if across else "at one of them"
    more = "" if processes == 1 else f", {processes} processes, each pair {where}"
    what = f"**campfire-chat, {name}{more}**"
    return Contender(
        what,
        True,
        "campfire",
        engine,
        lambda backends, pairs: campfire(
            backends, engine, pairs, processes=processes, across=across
        ),
    )


def _peer(
    what: str,
    target: str,
    *,
    kind: Kind = "rooms",
    engine: str | None = None,
    redis: bool = False,
    processes: int = 1,
    prepare: str | None = None,
) -> Contender:
    make = {"rooms": room_pairs, "socketio": socketio_pairs, "echo": echo_pairs}[kind]

    @contextmanager
    def start(backends: Backends, pairs: int) -> Iterator[Running]:
        environment: dict[str, str] = {REDIS: backends.redis} if redis else {}
        with backends.database(engine or "sqlite") as url:
            environment[DATABASE] = url
            if prepare is not None:
                subprocess.run(
                    [sys.executable, "-m", prepare],
                    cwd=ROOT,
                    env={**os.environ, **environment},
                    check=True,
                )
            with servers(
                f"tests.benchmarks.peers.{target}", processes=processes, **environment
            ) as running:
                yield Running(running, make(running.ports, pairs))

    return Contender(what, engine is not None, kind, engine, start)


_CHANNELS = "tests.benchmarks.peers.channels_rooms"

#: In the order of the tables.
CONTENDERS: dict[str, Contender] = {
    "echo": _peer("bare ASGI echo: the limit of server and generator", "bare:echo", kind="echo"),
    "fastapi": _peer("FastAPI + broadcaster, memory", "fastapi_rooms:unstored()"),
    "socketio": _peer("python-socketio rooms", "socketio_rooms:unstored()", kind="socketio"),
    "channels": _peer("Django Channels, in-memory layer", "channels_rooms:unstored()"),
    "channels-redis": _peer(
        "Django Channels + channels-redis", "channels_rooms:unstored()", redis=True
    ),
    "fastapi-sqlite": _peer(
        "FastAPI + broadcaster + databases, SQLite, as documented",
        "fastapi_rooms:stored()",
        engine="sqlite",
    ),
    "fastapi-sqlite-tuned": _peer(
        "FastAPI + broadcaster + databases, SQLite with WAL and a kept connection",
        "fastapi_rooms:tuned()",
        engine="sqlite",
    ),
    "socketio-sqlite": _peer(
        "python-socketio + SQLAlchemy async, SQLite with WAL",
        "socketio_rooms:stored()",
        kind="socketio",
        engine="sqlite",
    ),
    "campfire-sqlite": _campfire("sqlite"),
    "campfire-sqlite-2": _campfire("sqlite", processes=2),
    "campfire-sqlite-2-whole": _campfire("sqlite", processes=2, across=False),
    "fastapi-postgresql": _peer(
        "FastAPI + broadcaster Redis + databases, PostgreSQL",
        "fastapi_rooms:stored()",
        engine="postgresql",
        redis=True,
    ),
    "fastapi-postgresql-2": _peer(
        "FastAPI + broadcaster Redis + databases, PostgreSQL, 2 processes, each pair across both",
        "fastapi_rooms:stored()",
        engine="postgresql",
        redis=True,
        processes=2,
    ),
    "socketio-postgresql": _peer(
        "python-socketio + SQLAlchemy async, PostgreSQL",
        "socketio_rooms:stored()",
        kind="socketio",
        engine="postgresql",
    ),
    "channels-postgresql": _peer(
        "Django Channels + channels-redis + Django ORM, PostgreSQL",
        "channels_rooms:stored()",
        engine="postgresql",
        redis=True,
        prepare=_CHANNELS,
    ),
    "campfire-postgresql": _campfire("postgresql"),
    "campfire-postgresql-2": _campfire("postgresql", processes=2),
    "campfire-postgresql-2-whole": _campfire("postgresql", processes=2, across=False),
}

#: With what the others of the same engine are compared.
BASES = {"sqlite": "fastapi-sqlite", "postgresql": "fastapi-postgresql"}
