"""The wall clock of the workers jumps, by an hour and by a year, forwards and back."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from campfire_chat.core.clock import SECOND
from tests.faults import checker
from tests.faults.arena import Arena
from tests.faults.crowd import Crowd
from tests.faults.scenario import Finding, Scenario, Setting, none_of
from tests.support import host
from tests.support.client import Client, Closed
from tests.support.people import Desk, Person
from tests.support.truth import Truth

HOUR = 3600
YEAR = 365 * 24 * HOUR

#: Where the clock is set to, in seconds from the right time, one after the other; in the end it
#: is right again.
JUMPS = (HOUR, 0, -HOUR, 0, YEAR, 0, -YEAR, 0)
FEW_JUMPS = (HOUR, -YEAR, 0)

BEAT = 0.3
#: Seconds in which presence has to be right again after a jump: a beat, a look, a busy machine.
PRESENCE = 5.0


async def run(setting: Setting) -> list[Finding]:
    offset = setting.folder / "clock"
    offset.write_text("0")
    truth = Truth(setting.database_url)
    jumps = setting.either(FEW_JUMPS, JUMPS)
    sends = setting.either(25, 250)
    strange: list[str] = []
    async with Arena(
        setting,
        environment={host.CLOCK: str(offset)},
        presence_beat=BEAT,
        presence_life=4 * BEAT,
    ) as arena:
        # Sessions only: these people's right to be here hangs on no clock.
        crowd = Crowd(lambda: arena.bases, tokens=False)
        await crowd.gather(4)
        passing = crowd.desk.agent("passing", name="Passing")
        for jump in jumps:
            before = crowd.losses
            # Somebody who leaves in the very moment of the jump.
            async with Client(arena.bases[1], passing):
                strange += await _presence(arena, crowd, passing, "online")
                talking = asyncio.create_task(crowd.talk(sends))
                await asyncio.sleep(0.05)
            _set(offset, jump)
            await talking
            strange += await _presence(arena, crowd, passing, "offline")
            if crowd.losses != before:
                strange.append(f"{crowd.losses - before} connections lost at {jump:+} s")
        strange += await _tokens(arena.bases[0], offset)
        if setting.full:
            strange += await _snooze(arena.bases[0], crowd, offset)
        _set(offset, 0)
        await crowd.converge(lambda: truth.heads(crowd.organization), seconds=10)
        journal = await crowd.disperse()
    stored = checker.read(truth, crowd.organization)
    years = {event["at"][:4] for events in stored.events.values() for event in events}
    return [
        Finding(
            "jumps of the clock, by an hour and a year, both ways, seen in the events' times",
            f"{len(jumps)}",
            f"{len(jumps)}, years {', '.join(sorted(years))}",
            len(years) >= 2,
        ),
        *checker.findings(journal, stored),
        none_of("presence, tokens and snoozes that do not follow the clock", strange),
    ]


def _set(offset: Path, seconds: int) -> None:
    fresh = offset.with_suffix(".new")
    fresh.write_text(str(seconds * SECOND))
    fresh.replace(offset)


async def _presence(arena: Arena, crowd: Crowd, passing: Person, expected: str) -> list[str]:
    """Whoever is connected is online soon, and whoever is not is offline soon."""
    watcher = Person(arena.bases[0], user=crowd.rooms[0].guests[1].client.person.user)
    passing_id = await asyncio.to_thread(lambda: passing.id)
    deadline = time.monotonic() + PRESENCE
    while True:
        team = await asyncio.to_thread(watcher.get, "/agents")
        found = {agent["id"]: agent["availability"] for agent in team["items"]}
        theirs = found.pop(passing_id, "unknown")
        if theirs == expected and set(found.values()) == {"online"}:
            return []
        if time.monotonic() > deadline:
            return [f"who was passing is {theirs} instead of {expected}; the others: {found}"]
        await asyncio.sleep(0.1)


async def _tokens(base: str, offset: Path) -> list[str]:
    """A token lives as long by the clock as it should, and comes back when the clock does."""
    wrong: list[str] = []
    desk = Desk(base)

    async def accepted(visitor: Person) -> bool:
        response = await asyncio.to_thread(visitor.http.get, "/me")
        if response.status_code not in (200, 401):
            wrong.append(f"a token is answered with {response.status_code}")
        return response.status_code == 200

    async def expect(visitor: Person, good: bool, when: str) -> None:
        if await accepted(visitor) is not good:
            wrong.append(f"a token is {'refused' if good else 'accepted'} {when}")

    _set(offset, 0)
    visitor = await asyncio.to_thread(desk.anonymous)
    for jump, good in ((HOUR, True), (-HOUR, True), (YEAR, False), (-YEAR, True), (0, True)):
        _set(offset, jump)
        await expect(visitor, good, f"at {jump:+} s")
    for jump in (HOUR, YEAR, -HOUR):
        _set(offset, jump)
        made_then = await asyncio.to_thread(desk.anonymous)
        _set(offset, 0)
        await expect(made_then, True, f"now, made at {jump:+} s")
    # An open socket ends when its token does, and not before.
    async with Client(base, visitor) as client:
        _set(offset, HOUR)
        await asyncio.sleep(1.5)
        if not client.connected:
            wrong.append("a socket ended with its token good for a month")
        _set(offset, YEAR)
        try:
            closed: Any = await client.until_close(seconds=5)
        except (AssertionError, Closed) as failure:
            closed = failure
        if getattr(closed, "code", None) != 4401:
            wrong.append(f"a socket whose token has expired: {closed}")
    _set(offset, 0)
    return wrong


async def _snooze(base: str, crowd: Crowd, offset: Path) -> list[str]:
    """A snooze is until a moment of the wall clock, and ends when that comes."""
    person = Person(base, user=crowd.rooms[0].guests[1].client.person.user)
    path = f"/conversations/{crowd.rooms[0].id}"
    until = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(time.time() + HOUR / 2))}Z"
    changes = {"status": "snoozed", "snoozed_until": until}
    await asyncio.to_thread(person.patch, path, changes)
    wrong: list[str] = []
    for jump, expected in ((-HOUR, "snoozed"), (HOUR, "open")):
        _set(offset, jump)
        # Looked at every ten seconds.
        await asyncio.sleep(12)
        record = await asyncio.to_thread(person.get, path)
        if record["status"] != expected:
            wrong.append(f"a snooze of half an hour is {record['status']} at {jump:+} s")
    return wrong


SCENARIO = Scenario(
    name="clock_jumps",
    title="the wall clock jumps by an hour and a year, both ways",
    must_hold="order untouched; tokens, presence and snoozes follow the clock",
    small=(("sqlite", "automatic"),),
    run=run,
)
