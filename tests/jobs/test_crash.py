"""Workers that are killed while they work: each effect is there exactly once, nothing is stuck."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import UNSET

from campfire_chat.access.actor import actor_of_visitor
from campfire_chat.access.records import Agent, Visitor
from campfire_chat.core import clock
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.rules import Patch
from tests.support.host import agent_actor, campfire_for
from tests.support.servers import ROOT
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

ADA = agent_actor(Agent(id="ada", name="Ada"))
SNOOZED = 150
KILLS = 4


def worker(database_url: str) -> subprocess.Popen[bytes]:
    command = Path(sys.executable).with_name("campfire-chat")
    process = subprocess.Popen(
        [command, "worker", "tests.jobs.app:campfire"],
        cwd=ROOT,
        env={**os.environ, "CAMPFIRE_TEST_DATABASE_URL": database_url},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    # From here on it knows what SIGTERM means.
    assert process.stdout.readline().startswith(b"Doing the jobs")
    return process


@contextlib.contextmanager
def ended(processes: list[subprocess.Popen[bytes]]) -> Iterator[None]:
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.communicate(timeout=30)


async def snooze_many(database_url: str) -> list[str]:
    """Conversations whose snoozes have all ended by the time that workers come.

    The clock of whoever snoozes them is an hour behind, so that nobody has to wait.
    """
    hour = 3600 * clock.SECOND
    until = clock.now() - hour // 2
    campfire = campfire_for(
        database_url,
        clock=lambda: clock.now() - hour,
        work="elsewhere",
        drain_on_signal=False,
    )
    async with campfire.lifespan():
        store = Store.of(campfire)

        async def one(number: int) -> str:
            visitor = actor_of_visitor(Visitor(id=f"v{number}", name=f"V{number}"))
            opened, _ = await store.conversations.open(visitor, client_id="a", body="Hello")
            patch = Patch(status=Status.SNOOZED, snoozed_until=until)
            await store.conversations.change(ADA, opened.id, patch, UNSET)
            return opened.id

        return list(await asyncio.gather(*(one(number) for number in range(SNOOZED))))


def jobs_left(truth: Truth) -> int:
    rows = truth.query("SELECT count(*) FROM campfire_jobs WHERE kind = 'conversation.wake'")
    count: int = rows[0][0]
    return count


async def test_killed_workers_lose_and_double_nothing(database_url: str) -> None:
    truth = Truth(database_url)
    conversations = await snooze_many(database_url)
    processes = [worker(database_url), worker(database_url)]
    with ended(processes):
        for number in range(KILLS):
            left = jobs_left(truth)
            # Each dies at another point of the work, not at a time.
            wanted = SNOOZED - (number + 1) * SNOOZED // (KILLS + 2)
            deadline = time.monotonic() + 60
            while left > wanted:
                assert time.monotonic() < deadline, f"{left} jobs are stuck"
                await asyncio.sleep(0.002)
                left = jobs_left(truth)
            victim = processes[number % 2]
            victim.send_signal(signal.SIGKILL)
            victim.communicate(timeout=30)
            processes[number % 2] = worker(database_url)
        deadline = time.monotonic() + 60
        while jobs_left(truth):
            assert time.monotonic() < deadline, truth.query("SELECT * FROM campfire_jobs")
            await asyncio.sleep(0.05)
        for process in processes:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
    streams = truth.streams("default")
    woken = Counter(
        name
        for name, events in streams.items()
        for event in events
        if event["event"] == "conversation.status_changed"
        and event["data"]["status"] == "open"
        and name.startswith("conversation:")
    )
    assert woken == {f"conversation:{conversation}": 1 for conversation in conversations}
    for name, events in streams.items():
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1)), name
