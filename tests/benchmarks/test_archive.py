"""The archive is a past that the desk itself could have had."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from campfire_chat.access.records import Agent
from campfire_chat.features.conversations.listing import ANYONE
from campfire_chat.features.conversations.records import (
    AgentConversation,
    ConversationSummary,
    Status,
)
from campfire_chat.ledger.events import known_type
from tests.benchmarks.archive import Archive
from tests.benchmarks.bulk import fill
from tests.support.engines import create_postgres_database, drop_postgres_database
from tests.support.host import agent_actor, campfire_for
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

MESSAGES = 500


@pytest.fixture
def archive_url(engine: str, request: pytest.FixtureRequest) -> Iterator[str]:
    if engine == "sqlite":
        url = f"sqlite:///{request.getfixturevalue('tmp_path')}/archive.db"
        fill(url, Archive(MESSAGES))
        yield url
        return
    server = request.getfixturevalue("postgres")
    url = create_postgres_database(server)
    fill(url, Archive(MESSAGES))
    yield url
    drop_postgres_database(url, server)


async def test_every_stream_is_gapless_and_every_payload_is_of_its_type(archive_url: str) -> None:
    truth = Truth(archive_url)
    heads = truth.heads("default")
    streams = truth.streams("default")
    assert {name: len(events) for name, events in streams.items()} == heads
    assert len(truth.messages("default")) >= MESSAGES
    for name, events in streams.items():
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        moments = [event["at"] for event in events]
        assert moments == sorted(moments)
        for event in events:
            kind = known_type(event["event"])
            assert kind is not None
            assert name.partition(":")[0] in kind.streams
            msgspec.convert(event["data"], kind.data)


async def test_the_last_update_of_the_inbox_is_how_things_stand(archive_url: str) -> None:
    told = {
        event["data"]["id"]: event["data"]
        for event in Truth(archive_url).streams("default")["inbox:default"]
    }
    agent = agent_actor(Agent(id="agent-1", name="Agent 01"))
    campfire = campfire_for(archive_url, drain_on_signal=False)
    shown: dict[str, AgentConversation] = {}
    async with campfire.lifespan():
        before = None
        while True:
            page, before = await Store.of(campfire).conversations.page(
                agent, statuses=list(Status), assignee_id=ANYONE, before=before, limit=20
            )
            for item in page:
                assert isinstance(item, AgentConversation)
                assert 0 <= item.unread <= item.counts.visitor
                shown[item.id] = item
            if before is None:
                break
    assert shown.keys() == told.keys()
    for about, item in shown.items():
        summary = msgspec.convert(told[about], ConversationSummary)
        assert summary == ConversationSummary(
            **{name: getattr(item, name) for name in ConversationSummary.__struct_fields__}
        )
    assert {Status.OPEN, Status.RESOLVED} <= {item.status for item in shown.values()}


async def test_the_same_seed_makes_the_same_archive() -> None:
    one, same, other = Archive(50), Archive(50), Archive(50, seed=2)
    assert list(one.chunks()) == list(same.chunks())
    assert list(other.chunks()) != list(Archive(50).chunks())
