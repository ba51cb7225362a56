"""A database of revision 0001 keeps every row; its agents get ids of the desk's own, and its
edited messages lose their earlier texts to a table for agents."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text

from campfire_chat.core import ids
from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.database.lanes import Lanes, Session
from tests.support.host import campfire_for
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

ORG, CONVERSATION = "default", "conv_1"
#: The host's ids of agents; one has everything in it that means something in a pattern.
ADA, ODD = "7", 'a%_\x27"ü'
VISITOR = {"kind": "visitor", "id": "vis_1", "name": "Mia", "avatar_url": None}


def agent(host_id: str, name: str = "Ada") -> dict[str, Any]:
    return {"kind": "agent", "id": host_id, "name": name, "avatar_url": None}


def message(number: int, seq: int, body: str, sender: dict[str, Any], **more: Any) -> Any:
    return {
        "id": f"msg_{number}",
        "conversation_id": CONVERSATION,
        "visibility": "public",
        "seq": seq,
        "at": f"2026-01-01T00:00:0{seq}.000000Z",
        "sender": sender,
        "kind": "text",
        "body": body,
        "client_id": f"c{number}",
        "reply_to": None,
        "edited_at": None,
        "deleted_at": None,
        **more,
    }


def at(seq: int) -> int:
    return 1_767_225_600_000_000 + seq * 1_000_000


def moment(seq: int) -> str:
    return f"2026-01-01T00:00:0{seq}.000000Z"


def events() -> list[tuple[str, str, str | None, Any]]:
    """Stream, type, message and data of each."""
    conversation = f"conversation:{CONVERSATION}"
    last = {"id": "msg_1", "seq": 1, "at": moment(1), "sender": agent(ADA), "text": "The first"}
    summary = {
        "id": CONVERSATION,
        "subject": '"assignee":{"id":"7"}',
        "assignee": {"id": ADA, "name": "Ada", "avatar_url": None},
        "contact": {"id": "vis_1", "external_id": "7", "name": "Mia"},
        "last_message": last,
    }
    return [
        (conversation, "message.created", "msg_1", message(1, 1, "The first", agent(ADA))),
        (conversation, "message.created", "msg_2", message(2, 2, 'I am "agent" 7', VISITOR)),
        (
            conversation,
            "conversation.assignee_changed",
            None,
            {
                "conversation_id": CONVERSATION,
                "assignee": {"id": ODD, "name": "Odd", "avatar_url": None},
                "actor": agent(ADA),
            },
        ),
        (
            conversation,
            "message.updated",
            "msg_1",
            message(1, 1, "The second", agent(ADA), edited_at=moment(4)),
        ),
        (
            conversation,
            "message.updated",
            "msg_1",
            message(1, 1, "The third", agent(ADA), edited_at=moment(5)),
        ),
        ("inbox:default", "conversation.updated", "msg_1", summary),
        ("inbox:default", "conversation.updated", "msg_2", {**summary, "assignee": None}),
    ]


async def fill(session: Session) -> None:
    engine = session.engine
    for statement in schema.migrations().render(engine, None, "0001"):
        await session.command(statement)
    rows: dict[str, list[dict[str, Any]]] = {
        "campfire_agents": [
            {"agent_id": host_id, "name": "A", "role": "agent", "availability": "away"}
            | {"created_at": 1}
            for host_id in (ADA, ODD)
        ],
        "campfire_conversations": [
            {"conversation_id": CONVERSATION, "contact_id": "vis_1", "status": "open"}
            | {"assignee_id": ODD, "tags": "[]", "created_at": 1, "last_at": 1, "head": 5}
            | {"last_activity_at": 1, "reopen_count": 0, "notes_head": 0, "visitor_messages": 1}
            | {"agent_messages": 1}
            | {
                "last_message": json.dumps(
                    {"id": "msg_1", "seq": 1, "at": moment(1), "sender": agent(ADA), "text": "x"}
                )
            }
        ],
        "campfire_messages": [
            {"conversation_id": CONVERSATION, "visibility": "public", "seq": seq, "at": at(seq)}
            | {"message_id": f"msg_{seq}", "client_key": f"c{seq}\x1f{kind}:{sender}"}
            | {"sender_kind": kind, "sender_id": sender, "kind": "text", "body": body}
            | {"edited_at": edited}
            for seq, kind, sender, body, edited in (
                (1, "agent", ADA, "The third", at(5)),
                (2, "visitor", "vis_1", 'I am "agent" 7', None),
            )
        ],
        "campfire_receipts": [
            {"conversation_id": CONVERSATION, "participant_kind": kind, "participant_id": id}
            | {"delivered": 2, "read": 1, "read_count": 1}
            for kind, id in (("agent", ODD), ("visitor", "7"))
        ],
        "campfire_presence": [
            {"place": "", "participant_kind": "agent", "participant_id": ADA, "node_id": "n"}
            | {"beat_at": 1}
        ],
        "campfire_idempotency": [
            {"client_key": f"{key}\x1f{sender}", "fingerprint": "f", "at": 1}
            for key, sender in (
                ("k", f"agent:{ADA}"),
                ("k", f"agent:{ODD}"),
                ("agent:7", "visitor:vis_1"),
                ("k", "agent:77"),
            )
        ],
        "campfire_events": [
            {"stream": stream, "seq": seq, "event": event, "at": at(seq), "message_id": about}
            | {
                "payload": json.dumps(
                    {"type": "event", "stream": stream, "seq": seq, "event": event}
                    | {"at": moment(seq), "data": data}
                )
            }
            for seq, (stream, event, about, data) in enumerate(events(), 1)
        ],
    }
    for table, some in rows.items():
        for row in some:
            values = {"org_id": ORG, **row}
            names = ", ".join(values)
            marks = ", ".join(f":{name}" for name in values)
            await session.execute(
                text(f"INSERT INTO {table} ({names}) VALUES ({marks})").bindparams(**values)
            )


async def test_every_row_is_kept_and_says_less(empty_database_url: str) -> None:
    lane = Lanes(
        empty_database_url, engine_of(empty_database_url), count=1, writable=True, limit=10
    )
    await lane.start()
    try:
        await lane.run(lambda session: session.transaction(lambda _: fill(session)))
    finally:
        await lane.stop()
    truth = Truth(empty_database_url)
    names = [
        *("agents", "conversations", "messages", "receipts", "presence", "idempotency", "events")
    ]

    def count() -> dict[str, int]:
        return {name: truth.query(f"SELECT count(*) FROM campfire_{name}")[0][0] for name in names}

    before = count()
    await campfire_for(empty_database_url).migrate()
    assert count() == before
    ((key,),) = truth.query("SELECT value FROM campfire_settings WHERE key = 'agent_key'")
    ada, odd = (ids.agent_of(bytes.fromhex(key), ORG, host_id) for host_id in (ADA, ODD))

    def column(name: str, table: str) -> set[Any]:
        return {row[0] for row in truth.query(f"SELECT {name} FROM campfire_{table}")}

    assert set(truth.query("SELECT agent_id, external_id FROM campfire_agents")) == {
        (ada, ADA),
        (odd, ODD),
    }
    assert column("availability", "agents") == {"away"}
    assert column("assignee_id", "conversations") == {odd}
    assert column("sender_id", "messages") == {ada, "vis_1"}
    assert column("client_key", "messages") == {f"c1\x1fagent:{ada}", "c2\x1fvisitor:vis_1"}
    # The visitor whose id looks like an agent's keeps it.
    assert column("participant_id", "receipts") == {odd, "7"}
    assert column("participant_id", "presence") == {ada}
    assert column("client_key", "idempotency") == {
        f"k\x1fagent:{ada}",
        f"k\x1fagent:{odd}",
        "agent:7\x1fvisitor:vis_1",
        "k\x1fagent:77",
    }
    last = json.loads(column("last_message", "conversations").pop())
    assert last["sender"]["id"] == ada
    found = truth.streams(ORG)
    thread = found[f"conversation:{CONVERSATION}"]
    assert [event["data"].get("body") for event in thread] == [
        *("The third", 'I am "agent" 7', None, "The third", "The third")
    ]
    assert {event["data"]["sender"]["id"] for event in thread if "sender" in event["data"]} == {
        ada,
        "vis_1",
    }
    assert (thread[2]["data"]["assignee"]["id"], thread[2]["data"]["actor"]["id"]) == (odd, ada)
    assert thread[0]["data"]["edited_at"] == moment(5)
    first, second = found["inbox:default"]
    assert first["data"]["assignee"]["id"] == ada
    assert first["data"]["last_message"]["sender"]["id"] == ada
    assert first["data"]["last_message"]["text"] == "The third"
    # What is text stays text.
    assert first["data"]["subject"] == '"assignee":{"id":"7"}'
    assert first["data"]["contact"]["external_id"] == "7"
    assert second["data"]["assignee"] is None
    assert truth.query(
        "SELECT number, body, at FROM campfire_message_versions ORDER BY number"
    ) == [(1, "The first", at(1)), (2, "The second", at(4))]


async def test_a_migrated_database_serves(empty_database_url: str) -> None:
    lane = Lanes(
        empty_database_url, engine_of(empty_database_url), count=1, writable=True, limit=10
    )
    await lane.start()
    try:
        await lane.run(lambda session: session.transaction(lambda _: fill(session)))
    finally:
        await lane.stop()
    campfire = campfire_for(empty_database_url, drain_on_signal=False)
    async with campfire.lifespan():
        key = Store.of(campfire).storage.agent_key
    # The ids stay the same from one start to the next.
    async with campfire.lifespan():
        assert Store.of(campfire).storage.agent_key == key
