"""A database of revision 0005 keeps every event, and its feed begins with what comes next."""

from __future__ import annotations

import pytest

from campfire_chat.access.actor import actor_of_visitor
from campfire_chat.access.records import Visitor
from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.feed.reading import read_page
from campfire_chat.settings import Settings
from tests.jobs.conftest import Watch
from tests.storage.test_revision_0005 import run
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

EVENT = """
    INSERT INTO campfire_events (org_id, stream, seq, event, at, message_id, payload)
    VALUES ('{org}', '{stream}', {seq}, '{event}', {seq}, {message}, '{payload}')
"""
ROWS = [
    ("acme", "conversation:conv_a", 1, "message.created", "'msg_a'", '{"data":{"body":"one"}}'),
    ("acme", "conversation:conv_a", 2, "conversation.status_changed", "NULL", '{"data":{}}'),
    ("acme", "inbox:acme", 1, "conversation.updated", "'msg_a'", '{"data":{"id":"conv_a"}}'),
    ("acme", "inbox:acme", 2, "conversation.updated", "NULL", '{"data":{"id":"conv_a"}}'),
    ("globex", "inbox:globex", 1, "conversation.updated", "NULL", '{"data":{"id":"conv_b"}}'),
]
HEADS = [
    ("acme", "conversation:conv_a", 2),
    ("acme", "inbox:acme", 2),
    ("globex", "inbox:globex", 1),
]


async def test_events_are_kept(empty_database_url: str) -> None:
    await run(
        empty_database_url,
        [
            *schema.migrations().render(engine_of(empty_database_url), None, "0005"),
            *(
                EVENT.format(org=o, stream=s, seq=n, event=e, message=m, payload=p)
                for o, s, n, e, m, p in ROWS
            ),
            *(
                f"INSERT INTO campfire_streams (org_id, stream, head) VALUES ('{o}', '{s}', {n})"
                for o, s, n in HEADS
            ),
        ],
    )
    store = Store(empty_database_url, settings=Settings(), on_commit=lambda *_: None, now=Watch())
    await store.start()
    try:
        kept = Truth(empty_database_url).query(
            "SELECT org_id, stream, seq, event, text_of, payload, spans FROM campfire_events "
            "ORDER BY org_id, stream, seq"
        )
        assert [tuple(row) for row in kept] == [
            (o, s, n, e, None if m == "NULL" else m.strip("'"), p, "[]" if "inbox" in s else None)
            for o, s, n, e, m, p in ROWS
        ]
        mia = actor_of_visitor(Visitor(id="mia", organization="acme"))
        opened, _ = await store.conversations.open(mia, client_id="1", body="Hello?")
        page = await store.storage.read(lambda session: read_page(session, "acme", 0))
    finally:
        await store.stop()
    # Of what was before, the inbox alone, each entry as its own commit.
    assert [(event.position, event.stream, event.seq) for event in page.events] == [
        (1, "inbox:acme", 1),
        (2, "inbox:acme", 2),
        (3, f"conversation:{opened.id}", 1),
        (3, f"visitor:{mia.principal.id}", 1),
        (3, "inbox:acme", 3),
    ]
