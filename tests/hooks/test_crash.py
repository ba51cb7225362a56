"""Processes that are killed while they call hooks: nothing is skipped, and the order stays."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import UNSET

from campfire_chat.access.actor import actor_of_visitor
from campfire_chat.access.records import Agent, Visitor
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.rules import Patch
from tests.support.host import agent_actor, campfire_for
from tests.support.servers import ROOT, ended
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

ORGANIZATIONS = ("acme", "globex")
CONVERSATIONS = 5
MESSAGES = 150
KILLS = 4


def worker(database_url: str, notes: Path) -> subprocess.Popen[bytes]:
    command = Path(sys.executable).with_name("campfire-chat")
    environment = {"CAMPFIRE_TEST_DATABASE_URL": database_url, "CAMPFIRE_TEST_NOTES": str(notes)}
    process = subprocess.Popen(
        [command, "worker", "tests.hooks.app:campfire"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"Doing the jobs")
    return process


def noted(notes: Path) -> list[tuple[str, str]]:
    if not notes.exists():
        return []
    lines = [line.split(" ") for line in notes.read_text().splitlines()]
    return [(organization, event) for organization, event in lines]


def written(database_url: str) -> list[tuple[str, str]]:
    """What the hook has to be called for, in the order of each stream."""
    rows = Truth(database_url).query(
        "SELECT org_id, stream, seq FROM campfire_events WHERE event IN (?, ?)",
        *("message.created", "conversation.status_changed"),
    )
    return [(row[0], f"{row[1]}#{row[2]}") for row in sorted(tuple(row) for row in rows)]


async def test_every_event_comes_in_its_order(database_url: str, tmp_path: Path) -> None:
    notes, dice = tmp_path / "notes", random.Random(7)
    workers: list[subprocess.Popen[bytes]] = []
    with ended(workers):
        # Both know the hook before the first event.
        workers += [worker(database_url, notes) for _ in range(2)]
        campfire = campfire_for(database_url, work="elsewhere")
        async with campfire.lifespan():
            store = Store.of(campfire)
            talks: list[tuple[str, str]] = []
            for organization in ORGANIZATIONS:
                for number in range(CONVERSATIONS):
                    visitor = Visitor(id=f"mia-{number}", organization=organization)
                    opened, _ = await store.conversations.open(
                        actor_of_visitor(visitor), client_id="first", body="Hello?"
                    )
                    talks.append((organization, opened.id))
            kill_at = {MESSAGES * (number + 1) // (KILLS + 1) for number in range(KILLS)}
            for number in range(MESSAGES):
                organization, conversation = dice.choice(talks)
                ada = agent_actor(Agent(id="ada", name="Ada", organization=organization))
                if dice.random() < 0.3:
                    status = dice.choice([Status.OPEN, Status.PENDING, Status.RESOLVED])
                    await store.conversations.change(ada, conversation, Patch(status=status), UNSET)
                else:
                    await store.messages.send(
                        ada, conversation, client_id=f"{number}", body=f"Message {number}"
                    )
                if number in kill_at:
                    # In turn, so that each of them is met while it reads.
                    victim = workers.pop(0)
                    victim.kill()
                    victim.communicate(timeout=120)
                    workers.append(await asyncio.to_thread(worker, database_url, notes))
            wanted = written(database_url)
            async with asyncio.timeout(180):
                while not set(wanted) <= set(noted(notes)):
                    await asyncio.sleep(0.05)
    # What a killed process was about to store was repeated; the first calls are in order.
    first = list(dict.fromkeys(noted(notes)))
    for organization, conversation in talks:
        mine = [
            event
            for whose, event in first
            if whose == organization and event.startswith(f"conversation:{conversation}#")
        ]
        seqs = [int(event.partition("#")[2]) for event in mine]
        assert seqs == sorted(seqs)
    assert set(first) == set(wanted)
