"""Workers that are killed while they send: every event is delivered, always with the same id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from campfire_chat.access.actor import actor_of_visitor
from campfire_chat.access.records import Agent, Role, Visitor
from campfire_chat.features.webhooks.records import TextChoice, WebhookState
from campfire_chat.features.webhooks.service import WebhookService
from tests.support.host import agent_actor, campfire_for
from tests.support.receiver import Receiver
from tests.support.servers import ROOT, ended, eventually
from tests.support.store import Store
from tests.support.truth import Truth
from tests.webhooks.conftest import LOOPBACK

pytestmark = pytest.mark.anyio

ADA = agent_actor(Agent(id="ada", name="Ada", role=Role.ADMIN))
EVENTS = 60
KILLS = 3
#: Seconds for a worker to start on a busy machine, wait for the claims of the one before, and send.
PATIENCE = 120.0


def worker(database_url: str) -> subprocess.Popen[bytes]:
    command = Path(sys.executable).with_name("campfire-chat")
    return subprocess.Popen(
        [command, "worker", "tests.webhooks.app:campfire"],
        cwd=ROOT,
        env={**os.environ, "CAMPFIRE_TEST_DATABASE_URL": database_url},
        stdout=subprocess.DEVNULL,
    )


async def happen(database_url: str, url: str) -> None:
    """What a webhook is to be told of, before any worker has ever run."""
    campfire = campfire_for(
        database_url, work="elsewhere", drain_on_signal=False, webhook_networks=LOOPBACK
    )
    async with campfire.lifespan():
        store = Store.of(campfire)
        assert campfire._running is not None
        await campfire._running.services[WebhookService].create(
            ADA,
            url=url,
            description="",
            events=["message.created"],
            text=TextChoice.ALL,
            state=WebhookState.ACTIVE,
        )
        for number in range(EVENTS):
            visitor = actor_of_visitor(Visitor(id=f"v{number}", name=f"V{number}"))
            await store.conversations.open(visitor, client_id="a", body=f"message {number}")


async def test_killed_workers_lose_nothing(database_url: str) -> None:
    truth = Truth(database_url)

    def delivered() -> int:
        [[count]] = truth.query(
            "SELECT count(*) FROM campfire_webhook_deliveries WHERE state = 'delivered'"
        )
        return int(count)

    workers: list[subprocess.Popen[bytes]] = []
    with Receiver() as receiver, ended(workers):
        await happen(database_url, receiver.url)
        for number in range(KILLS):
            workers.append(worker(database_url))
            # Each dies at another point of the work, not at a time.
            wanted = EVENTS * (number + 1) // (KILLS + 1)
            eventually(lambda wanted=wanted: len(receiver.requests) >= wanted, PATIENCE)
            assert workers[-1].poll() is None
            workers[-1].kill()
            workers[-1].wait(PATIENCE)
        workers.append(worker(database_url))
        eventually(lambda: delivered() == EVENTS, PATIENCE)
        workers[-1].send_signal(signal.SIGTERM)
        assert workers[-1].wait(PATIENCE) == 0
        ids: dict[str, set[str]] = {}
        for request in receiver.requests:
            said = request.json["data"]["body"]
            ids.setdefault(said, set()).add(request.headers["webhook-id"])
    assert set(ids) == {f"message {number}" for number in range(EVENTS)}
    assert all(len(each) == 1 for each in ids.values())
