"""A database of revision 0004 keeps every row, and each of its snoozes gets a job."""

from __future__ import annotations

import pytest

from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.database.lanes import Lanes, Session
from campfire_chat.settings import Settings
from tests.jobs.conftest import Watch
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio


async def run(database_url: str, statements: list[str]) -> None:
    engine = engine_of(database_url)
    lanes = Lanes(database_url, engine, count=1, writable=True, limit=100)
    await lanes.start()

    async def work(session: Session) -> None:
        for statement in statements:
            await session.command(statement)

    try:
        await lanes.run(lambda session: session.transaction(lambda _: work(session)))
    finally:
        await lanes.stop()


SNOOZED = """
    INSERT INTO campfire_conversations
        (org_id, conversation_id, contact_id, status, tags, created_at, last_at, last_activity_at,
         snoozed_until, reopen_count, head, notes_head, visitor_messages, agent_messages)
    VALUES ('{org}', '{id}', 'vis_1', '{status}', '[]', 1, 2, 2, {until}, 0, 0, 0, 1, 0)
"""


async def test_snoozes_get_their_jobs(empty_database_url: str) -> None:
    rows = [
        ("default", "conv_a", "snoozed", "1000"),
        ("other", "conv_b", "snoozed", "2000"),
        ("default", "conv_c", "open", "NULL"),
        ("default", "conv_d", "snoozed", "NULL"),
    ]
    await run(
        empty_database_url,
        [
            *schema.migrations().render(engine_of(empty_database_url), None, "0004"),
            *(SNOOZED.format(org=o, id=i, status=s, until=u) for o, i, s, u in rows),
        ],
    )
    watch = Watch()
    store = Store(empty_database_url, settings=Settings(), on_commit=lambda *_: None, now=watch)
    await store.start()
    try:
        jobs = await store.jobs.claim(["conversation.wake"], 10, room={}, most=10)
    finally:
        await store.stop()
    assert sorted((job.organization, job.id, job.arguments) for job in jobs) == [
        ("default", "job_a", '{"conversation_id":"conv_a"}'),
        ("other", "job_b", '{"conversation_id":"conv_b"}'),
    ]
    kept = Truth(empty_database_url).query(
        "SELECT org_id, conversation_id, status, snoozed_until FROM campfire_conversations "
        "ORDER BY conversation_id"
    )
    assert sorted(tuple(str(value) for value in row) for row in kept) == sorted(
        tuple(value.replace("NULL", "None") for value in row) for row in rows
    )
