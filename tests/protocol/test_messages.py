"""message.send and receipt: what is stored, for whom, and once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.people import Desk

pytestmark = pytest.mark.anyio

Connect = Any


async def test_ok_names_what_was_stored(desk: Desk, connect: Connect) -> None:
    visitor = desk.visitor(name="Mia")
    conversation = visitor.begin()
    client = await connect(visitor)
    ok = await client.say(conversation["id"], "Hi!", id="mine-1")
    (message,) = [item for item in visitor.thread(conversation["id"]) if item["seq"] == 2]
    assert ok == {
        "type": "ok",
        "id": "mine-1",
        "conversation_id": conversation["id"],
        "message_id": message["id"],
        "seq": 2,
        "at": message["at"],
        "duplicate": False,
    }
    assert message["client_id"] == "mine-1"
    assert message["sender"]["kind"] == "visitor"
    assert message["sender"]["name"] == "Mia"
    assert message["visibility"] == "public"
    assert (message["edited_at"], message["deleted_at"], message["reply_to"]) == (None, None, None)


async def test_the_event_is_the_message_record(desk: Desk, connect: Connect) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin()
    stream = f"conversation:{conversation['id']}"
    client = await connect(visitor)
    await client.subscribe(stream)
    await client.say(conversation["id"], "ünïcödé 🎈\n\n  indented, kept to the letter \t")
    view = await client.until_seq(stream, 2)
    stored = visitor.thread(conversation["id"])
    assert [event["data"] for event in view.applied] == stored
    assert {event["event"] for event in view.applied} == {"message.created"}
    assert [event["at"] for event in view.applied] == [message["at"] for message in stored]


async def test_the_same_id_stores_once_over_socket_and_rest(desk: Desk, connect: Connect) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin()
    client = await connect(visitor)
    first = await client.say(conversation["id"], "Once", id="same")
    await client.drop()
    await client.connect()
    again = await client.say(conversation["id"], "Once", id="same")
    assert again["duplicate"] is True
    assert {**again, "duplicate": False} == first
    path = f"/conversations/{conversation['id']}/messages"
    over_rest = visitor.post(path, {"body": "Once", "client_id": "same"}, 200)
    assert over_rest["id"] == first["message_id"]
    by_header = visitor.post(path, {"body": "Once"}, 200, **{"Idempotency-Key": "same"})
    assert by_header["id"] == first["message_id"]
    assert [message["body"] for message in visitor.thread(conversation["id"])][1:] == ["Once"]


async def test_the_same_id_at_the_same_time_stores_once(desk: Desk, connect: Connect) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin()
    clients = [await connect(visitor) for _ in range(4)]
    replies = await asyncio.gather(
        *(client.say(conversation["id"], "Once", id="race") for client in clients)
    )
    assert len({reply["message_id"] for reply in replies}) == 1
    assert sorted(reply["duplicate"] for reply in replies) == [False, True, True, True]


async def test_an_id_that_comes_back_for_something_else_is_a_conflict(
    desk: Desk, connect: Connect
) -> None:
    visitor = desk.visitor()
    one, other = visitor.begin(), visitor.begin()
    client = await connect(visitor)
    await client.say(one["id"], "First", id="taken")
    changed = await client.say(one["id"], "Different", id="taken")
    elsewhere = await client.say(other["id"], "First", id="taken")
    assert changed["code"] == elsewhere["code"] == "client_id_conflict"
    assert changed["final"] is True
    assert len(visitor.thread(other["id"])) == 1


async def test_ids_are_the_senders_own(desk: Desk, connect: Connect) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()
    hers, his = await connect(visitor), await connect(agent)
    first = await hers.say(conversation["id"], "Mine", id="1")
    second = await his.say(conversation["id"], "Mine as well", id="1")
    assert (first["duplicate"], second["duplicate"]) == (False, False)


async def test_notes_are_a_stream_of_their_own(desk: Desk, connect: Connect) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()
    public, notes = f"conversation:{conversation['id']}", f"notes:{conversation['id']}"
    hers, his = await connect(visitor), await connect(agent)
    await hers.subscribe(public)
    await his.subscribe(public)
    await his.subscribe(notes)
    noted = await his.say(conversation["id"], "She is a VIP", visibility="internal")
    assert noted["seq"] == 1
    said = await his.say(conversation["id"], "Hello!")
    assert said["seq"] == 2
    view = await his.until_seq(notes, 1)
    assert view.applied[0]["data"]["visibility"] == "internal"
    await hers.until_seq(public, 2)
    assert "VIP" not in str(hers.frames)
    assert "VIP" not in str(visitor.thread(conversation["id"]))
    thread = agent.thread(conversation["id"])
    assert [item["body"] for item in thread] == ["Hello?", "She is a VIP", "Hello!"]
    moments = [item["at"] for item in thread]
    assert moments == sorted(set(moments))


async def test_a_visitor_writes_no_notes(desk: Desk, connect: Connect) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin()
    client = await connect(visitor)
    refused = await client.say(conversation["id"], "hm", visibility="internal")
    assert (refused["type"], refused["code"]) == ("error", "forbidden")


async def test_a_viewer_only_reads(desk: Desk, connect: Connect) -> None:
    visitor, viewer = desk.visitor(), desk.agent(role="viewer")
    conversation = visitor.begin()
    client = await connect(viewer)
    assert (await client.subscribe(f"conversation:{conversation['id']}"))["type"] == "ok"
    assert (await client.say(conversation["id"], "no"))["code"] == "forbidden"
    viewer.write(conversation["id"], "no", 403)
    viewer.patch(f"/conversations/{conversation['id']}", {"status": "resolved"}, 403)


async def test_replies_point_at_messages_that_can_be_seen(desk: Desk, connect: Connect) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation, other = visitor.begin(), visitor.begin()
    first = visitor.thread(conversation["id"])[0]
    elsewhere = visitor.thread(other["id"])[0]
    note = agent.write(conversation["id"], "internal", visibility="internal")
    hers, his = await connect(visitor), await connect(agent)
    good = await his.say(conversation["id"], "That one", reply_to=first["id"])
    assert good["type"] == "ok"
    stored = [item for item in visitor.thread(conversation["id"]) if item["seq"] == good["seq"]]
    assert stored[0]["reply_to"] == first["id"]
    for wrong in ("msg_nothing", elsewhere["id"], note["id"]):
        refused = await hers.say(conversation["id"], "?", reply_to=wrong)
        assert (refused["type"], refused["field"]) == ("error", "reply_to")


async def test_a_burst_is_gapless_and_in_the_order_of_its_sender(
    desk: Desk, connect: Connect
) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin("start")
    stream = f"conversation:{conversation['id']}"
    agent.patch(f"/conversations/{conversation['id']}", {"assignee_id": agent.id})
    watcher = await connect(agent)
    await watcher.subscribe(stream)
    writers = [await connect(visitor), await connect(agent)]

    async def burst(number: int) -> list[int]:
        # Sent without waiting for the answers, as an outbox is emptied after a reconnect.
        replies = [writers[number].say(conversation["id"], f"{number}:{n}") for n in range(100)]
        return [reply["seq"] for reply in await asyncio.gather(*replies)]

    for seqs in await asyncio.gather(burst(0), burst(1)):
        assert seqs == sorted(seqs)
    view = await watcher.until_seq(stream, 202)
    bodies = [
        event["data"]["body"] for event in view.applied if event["event"] == "message.created"
    ]
    assert sorted(bodies[1:]) == sorted(f"{i}:{n}" for i in range(2) for n in range(100))
    for number in range(2):
        own = [body for body in bodies if body.startswith(f"{number}:")]
        assert own == [f"{number}:{n}" for n in range(100)]


async def test_ticks_follow_from_the_other_sides_marks(desk: Desk, connect: Connect) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()
    stream = f"conversation:{conversation['id']}"
    hers, his = await connect(visitor), await connect(agent)
    await hers.subscribe(stream)
    await his.subscribe(stream)
    sent = await hers.say(conversation["id"], "Seen?")
    frame = {"type": "receipt", "conversation_id": conversation["id"]}
    await his.send({**frame, "delivered": sent["seq"]})
    first = await hers.until_frame("receipt", delivered=2, read=0)
    assert first["participant"]["id"] == agent.id
    ok = await his.request({**frame, "read": sent["seq"]})
    assert ok["type"] == "ok"
    await hers.until_frame("receipt", delivered=2, read=2)
    # Back is not a direction, and nothing lies past the head.
    await his.request({**frame, "delivered": 1, "read": 1})
    await his.request({**frame, "read": 999})
    (mark,) = visitor.get(f"/conversations/{conversation['id']}")["receipts"]
    assert (mark["delivered"], mark["read"]) == (2, 2)


async def test_receipts_are_not_events(desk: Desk, connect: Connect) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()
    client = await connect(agent)
    frame = {"type": "receipt", "conversation_id": conversation["id"], "read": 1}
    assert (await client.request(frame))["type"] == "ok"
    assert len(visitor.events(f"conversation:{conversation['id']}")) == 1


async def test_unread_counts_follow_the_read_mark(desk: Desk, connect: Connect) -> None:
    visitor, agent, colleague = desk.visitor(), desk.agent(), desk.agent()
    conversation = visitor.begin()
    path = f"/conversations/{conversation['id']}"
    visitor.write(conversation["id"], "two")
    assert agent.get(path)["unread"] == 2
    assert agent.post(f"{path}/receipts", {"read": 1}, 200)["unread"] == 1
    assert agent.get(path)["unread"] == 1
    assert colleague.get(path)["unread"] == 2
    assert visitor.get(path)["unread"] == 0
    answer = agent.write(conversation["id"], "Hi")
    assert visitor.get(path)["unread"] == 1
    client = await connect(visitor)
    await client.request(
        {"type": "receipt", "conversation_id": conversation["id"], "read": answer["seq"]}
    )
    assert visitor.get(path)["unread"] == 0
    assert agent.get("/conversations")["items"][0]["counts"] == {"visitor": 2, "agent": 1}


async def test_a_receipt_tells_delivered_from_read(desk: Desk, connect: Connect) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin("1")["id"]
    for n in range(2, 6):
        visitor.write(conversation, f"{n}")
    hers, his = await connect(visitor), await connect(agent)
    await hers.subscribe(f"conversation:{conversation}")
    receipt = {"type": "receipt", "conversation_id": conversation}
    for fields, shown in (
        ({"delivered": 4}, (4, 0)),
        ({"delivered": 5, "read": 2}, (5, 2)),
        ({"read": 3}, (5, 3)),
    ):
        await his.request({**receipt, **fields})
        delivered, read = shown
        frame = await hers.until_frame("receipt", delivered=delivered, read=read)
        assert frame["participant"]["id"] == agent.id
        (record,) = visitor.get(f"/conversations/{conversation}")["receipts"]
        assert (record["delivered"], record["read"]) == shown
