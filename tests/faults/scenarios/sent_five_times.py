"""Every message is sent five times, over WebSocket and REST, through two processes."""

from __future__ import annotations

import asyncio
import random
import time

import httpx

from tests.faults import checker
from tests.faults.arena import Arena
from tests.faults.checker import Answer, Journal, Log, Sent
from tests.faults.scenario import Finding, Scenario, Setting, none_of
from tests.support.client import Client
from tests.support.people import Desk
from tests.support.truth import Truth


async def run(setting: Setting) -> list[Finding]:
    count = setting.either(40, 1_000)
    truth = Truth(setting.database_url)
    journal = Journal()
    strange: list[str] = []
    chance = random.Random(5)
    async with Arena(setting) as arena:
        desk = Desk(arena.bases[0])
        visitor = await asyncio.to_thread(desk.visitor)
        conversation = (await asyncio.to_thread(visitor.begin))["id"]
        sender = f"visitor:{await asyncio.to_thread(lambda: visitor.id)}"
        stream = f"conversation:{conversation}"
        async with (
            Client(arena.bases[0], visitor) as first,
            Client(arena.bases[1], visitor) as second,
            httpx.AsyncClient(
                headers={"Authorization": f"Bearer {visitor.token}"}, trust_env=False, timeout=30
            ) as rest,
        ):
            for client in (first, second):
                await client.subscribe(stream)

            async def by_socket(client: Client, sent: Sent) -> Answer:
                reply = await client.say(conversation, sent.body, id=sent.client_id)
                if reply["type"] != "ok":
                    raise AssertionError(f"{sent.client_id} was refused: {reply}")
                return Answer(
                    time.monotonic(), reply["message_id"], reply["seq"], reply["duplicate"]
                )

            async def by_request(base: str, sent: Sent) -> Answer:
                response = await rest.post(
                    f"{base}/api/v1/conversations/{conversation}/messages",
                    json={"body": sent.body},
                    headers={"Idempotency-Key": sent.client_id},
                )
                record = response.raise_for_status().json()
                return Answer(
                    time.monotonic(), record["id"], record["seq"], response.status_code == 200
                )

            async def send(number: int) -> None:
                sent = Sent(sender, f"m{number}", conversation, f"{number}", time.monotonic())
                journal.sent.append(sent)
                ways = [
                    # The same socket cannot tell two answers to one id apart, so each has one.
                    lambda: by_socket(first, sent),
                    lambda: by_socket(second, sent),
                    lambda: by_request(arena.bases[0], sent),
                    lambda: by_request(arena.bases[1], sent),
                    lambda: by_request(arena.bases[number % 2], sent),
                ]
                chance.shuffle(ways)

                async def late(position: int) -> Answer:
                    # Half of them at the very same time, half on each other's heels.
                    await asyncio.sleep(0 if number % 2 else chance.uniform(0, 0.02) * position)
                    return await ways[position]()

                sent.answers = list(await asyncio.gather(*(late(i) for i in range(5))))
                sent.attempts = 5
                if len({(answer.message_id, answer.seq) for answer in sent.answers}) != 1:
                    strange.append(f"{sent.client_id} has different answers")
                if sum(not answer.duplicate for answer in sent.answers) != 1:
                    strange.append(f"{sent.client_id} has not been new exactly once")

            for start in range(0, count, 8):
                await asyncio.gather(*(send(n) for n in range(start, min(count, start + 8))))
            for client in (first, second):
                view = await client.until_seq(stream, count + 1)
                journal.logs.append(Log(client.base, stream, 0, view.applied))
    stored = checker.read(truth, desk.organization)
    rows = len(stored.messages) - 1
    return [
        Finding(
            f"rows of {count:,} messages sent 5 times", f"{count:,}", f"{rows:,}", rows == count
        ),
        none_of("answers that differ, or are not marked new exactly once", strange),
        *checker.findings(journal, stored),
    ]


SCENARIO = Scenario(
    name="sent_five_times",
    title="every send 5 times, over WebSocket and REST, through two processes",
    must_hold="one row each, and the same answer each time",
    run=run,
)
