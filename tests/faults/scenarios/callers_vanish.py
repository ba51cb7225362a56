"""Thousands of callers who go away before they have their answer."""

from __future__ import annotations

import asyncio
import json
import random
import time
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.faults.arena import Arena, Usage
from tests.faults.scenario import Finding, Scenario, Setting, at_most, none_of
from tests.support.client import Client
from tests.support.people import Desk, Person
from tests.support.truth import Truth

#: How many of them are under way at a time.
CROWD = 40
#: Sends of one socket that is then aborted.
FROM_A_SOCKET = 10


async def run(setting: Setting) -> list[Finding]:
    total = setting.either(600, 10_000)
    truth = Truth(setting.database_url)
    chance = random.Random(3)
    async with Arena(setting, workers=1) as arena:
        base = arena.bases[0]
        desk = Desk(base)
        visitors = [await asyncio.to_thread(desk.visitor) for _ in range(10)]
        rooms = [(await asyncio.to_thread(visitor.begin))["id"] for visitor in visitors]
        for visitor in visitors:
            visitor.close()
        connections = _connections(truth, setting)
        await _vanish(base, visitors, rooms, range(-CROWD, 0), chance)
        before = await _settled(arena)
        held = await asyncio.to_thread(connections)
        began = time.monotonic()
        await _vanish(base, visitors, rooms, range(total), chance)
        took = time.monotonic() - began
        # What they had sent is still being stored; then nothing of them is left.
        after = await _until_back(arena, before)
        began = time.monotonic()
        async with Client(base, visitors[0]) as client:
            last = await client.say(rooms[0], "Somebody who stays")
        answered = time.monotonic() - began
        held_after = await asyncio.to_thread(connections)
    twice = await asyncio.to_thread(
        truth.query,
        "SELECT body FROM campfire_messages WHERE org_id = ? AND body <> 'Hello?' "
        "GROUP BY body HAVING count(*) > 1",
        desk.organization,
    )
    gaps = await asyncio.to_thread(
        truth.query,
        "SELECT s.stream FROM campfire_streams s LEFT JOIN campfire_events e "
        "ON e.org_id = s.org_id AND e.stream = s.stream WHERE s.org_id = ? "
        "GROUP BY s.stream, s.head HAVING s.head <> count(e.seq)",
        desk.organization,
    )
    ((stored,),) = await asyncio.to_thread(
        truth.query, "SELECT count(*) FROM campfire_messages WHERE org_id = ?", desk.organization
    )
    return [
        Finding(
            "callers that vanished",
            f"{total:,}",
            f"{total:,} in {took:.0f} s; {stored:,} of their messages were stored",
            stored > 0,
        ),
        *(
            Finding(name, str(before[name]), str(after[name]), after[name] <= before[name])
            for name in before
        ),
        # To SQLite they are files, and among the descriptors.
        *(
            [Finding("database connections", str(held), str(held_after), held_after == held)]
            if setting.engine == "postgresql"
            else []
        ),
        none_of("messages stored twice", [str(row[0]) for row in twice]),
        none_of("streams with a gap", [str(row[0]) for row in gaps]),
        Finding("a send afterwards", "ok", str(last["type"]), last["type"] == "ok"),
        at_most("its answer took", answered, 2, "s"),
    ]


def _connections(truth: Truth, setting: Setting) -> Any:
    """What counts the connections to the database, but for the one that asks."""

    def count() -> int:
        if setting.engine == "sqlite":
            return 0
        ((found,),) = truth.query(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
        return found

    return count


async def _vanish(
    base: str, visitors: list[Person], rooms: list[str], numbers: range, chance: random.Random
) -> None:
    left = iter(numbers)

    async def one_after_the_other() -> None:
        for number in left:
            which = chance.randrange(len(visitors))
            if number % FROM_A_SOCKET == 0:
                await _abort_socket(base, visitors[which], rooms[which], number, chance)
            else:
                await _abort_request(base, visitors[which], rooms[which], number, chance)

    await asyncio.gather(*(one_after_the_other() for _ in range(CROWD)))


async def _abort_request(
    base: str, visitor: Person, room: str, number: int, chance: random.Random
) -> None:
    """Send, or wait for news, over HTTP and be gone."""
    parts = urlsplit(base)
    path = f"{parts.path}/api/v1/conversations/{room}/messages"
    body = json.dumps({"body": f"request {number}", "client_id": f"r{number}"})
    method = "POST"
    if number % 5 == 0:
        path = f"{parts.path}/api/v1/streams/conversation:{room}/events?after=1000000&wait=20"
        method, body = "GET", ""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {visitor.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write((head + body).encode())
    await asyncio.sleep(chance.choice([0, 0, 0.002, 0.01, 0.05]))
    writer.transport.abort()
    await asyncio.sleep(0)


async def _abort_socket(
    base: str, visitor: Person, room: str, number: int, chance: random.Random
) -> None:
    """Send several messages and be gone."""
    client = Client(base, visitor)
    try:
        async with asyncio.timeout(20):
            await client.connect()
            await client.subscribe(f"conversation:{room}")
            for position in range(FROM_A_SOCKET):
                name = f"s{number}.{position}"
                frame = {"type": "message.send", "conversation_id": room, "body": f"socket {name}"}
                await client.send({**frame, "id": name})
            await asyncio.sleep(chance.choice([0, 0, 0.002, 0.01]))
    finally:
        await client.drop()


async def _held(arena: Arena) -> dict[str, int]:
    """What the process holds at the moment."""
    parts = urlsplit(arena.bases[0])
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        response = await client.get(f"{parts.scheme}://{parts.netloc}/tasks")
    tasks = response.raise_for_status().json()["tasks"]
    usage = Usage(arena.pids[0])
    return {"tasks": tasks, "descriptors": usage.descriptors, "threads": usage.threads}


async def _settled(arena: Arena) -> dict[str, int]:
    """What the process holds at the least once it has come to rest: whoever asks has a
    connection as well, or just had one."""
    least = await _held(arena)
    still = 0
    while still < 8:
        await asyncio.sleep(0.2)
        found = await _held(arena)
        still = still + 1 if all(found[name] >= least[name] for name in least) else 0
        least = {name: min(found[name], least[name]) for name in least}
    return least


async def _until_back(arena: Arena, before: dict[str, int]) -> dict[str, int]:
    """What the process holds when it is back at ``before``, or after half a minute."""
    found = await _held(arena)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and any(found[name] > before[name] for name in before):
        await asyncio.sleep(0.2)
        found = await _held(arena)
    return found


SCENARIO = Scenario(
    name="callers_vanish",
    title="sends whose callers vanish: requests, long polls and sockets aborted",
    must_hold="connections, tasks and descriptors back to where they were; no lane blocked",
    run=run,
)
