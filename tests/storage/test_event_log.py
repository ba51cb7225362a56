"""What the log says of streams, of types of events, and of client ids."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campfire_chat.ledger import streams
from campfire_chat.ledger.client_keys import client_id_of, client_key
from campfire_chat.ledger.events import HIDDEN, EventType, Nothing, all_types, known_type
from campfire_chat.ledger.rewriting import rewritten
from tests.support.store import Store
from tests.support.talk import VISITOR, store_on
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

SENT = 5


@pytest.fixture
async def store(database_url: str, anyio_backend: str) -> AsyncIterator[Store]:
    async with store_on(database_url) as started:
        yield started


async def test_the_newest_events_are_as_many_as_are_wanted(store: Store, database_url: str) -> None:
    opened, _ = await store.conversations.open(VISITOR, client_id="0", body="0")
    for number in range(1, SENT):
        await store.messages.send(VISITOR, opened.id, client_id=str(number), body=str(number))
    rows = Truth(database_url).query(
        "SELECT stream, seq, payload FROM campfire_events WHERE org_id = 'default'"
    )
    log = sorted((row[0], row[1], row[2]) for row in rows)
    names = sorted({name for name, _, _ in log})
    heads = {name: max(seq for stream, seq, _ in log if stream == name) for name in names}
    assert await store.storage.stream_heads("default", [*names, "conversation:none"]) == heads
    assert await store.storage.stream_heads("acme", names) == {}
    assert await store.storage.inbox_heads(["default", "acme"]) == {
        "default": heads[streams.inbox("default")]
    }
    for depth in (0, 1, 3, 100):
        wanted = [event for event in log if event[1] > heads[event[0]] - depth]
        assert await store.storage.newest_events("default", names, depth) == wanted
    assert await store.storage.newest_events("acme", names, 3) == []


def test_every_declared_type_is_known_by_its_name() -> None:
    assert all_types()
    for one in all_types():
        assert known_type(one.name) is one
    assert known_type("later.thing") is None
    name = all_types()[0].name
    with pytest.raises(AssertionError, match=name):
        EventType(name, ("inbox",), Nothing)


@given(sender=st.text(st.characters(exclude_categories=["C"])), client_id=st.text())
def test_a_key_is_of_one_sender_and_one_client_id(sender: str, client_id: str) -> None:
    assert client_id_of(client_key(sender, client_id)) == client_id


@pytest.mark.parametrize("event", ["later.thing", HIDDEN.name])
def test_a_text_that_nobody_knows_how_to_change_is_taken_out(event: str) -> None:
    frame = {"stream": "inbox:acme", "seq": 3, "event": event, "at": "2026-01-01T00:00:00Z"}
    payload = json.dumps({**frame, "data": {"body": "a secret"}})
    assert json.loads(rewritten(event, payload, None)) == {**frame, "data": {}}
