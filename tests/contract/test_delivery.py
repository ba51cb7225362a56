"""The delivery contract, as a machine that does to several clients what networks and people do.

1. ``ok`` only after a durable commit. 2. Every committed event reaches every subscriber exactly
once as the client applies it, in order. 3. Replay reaches back over everything. 4. Nobody is
stale for longer than a heartbeat without noticing. 5. The same client id stores once. 6. The bus
only wakes. All six are checked after every step, on two servers that share a database.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from campfire_chat.realtime.buses.kinds import KINDS
from tests.conftest import IN_CI, QUICK
from tests.support.chaos import Air
from tests.support.client import Client, same_event
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk, Person, close_everybody
from tests.support.servers import ThreadServer
from tests.support.truth import Truth

HEARTBEAT = 1.0
#: Seconds in which everybody has to have everything: a heartbeat, a look at the heads, and
#: what a busy machine adds.
CONVERGENCE = HEARTBEAT + QUICK["poll_interval"] + 4.0

BODIES = st.sampled_from(["Hello", "Where is it?", "🫖 tea", "line\nbreak", "x" * 500])
SEATS = st.sampled_from(["phone", "laptop", "ada", "bob"])
SERVERS = st.sampled_from([0, 1])
MOODS = st.sampled_from(["faithful", "deaf", "stutter", "shuffle"])


class Stage:
    """Two servers on one database, and a loop for the clients."""

    def __init__(self, bases: list[str], truth: Truth, air: Air) -> None:
        self.bases = bases
        self.truth = truth
        self.air = air
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(180)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()


@pytest.fixture
def stage(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    air = Air()
    monkeypatch.setitem(KINDS, "air", air.kind)
    servers = [
        ThreadServer(
            host_app(campfire_for(database_url, bus_url="air://", heartbeat=HEARTBEAT, **QUICK))
        )
        for _ in range(2)
    ]
    with servers[0], servers[1]:
        stage = Stage([f"{server.url}/support" for server in servers], Truth(database_url), air)
        try:
            yield stage
        finally:
            stage.close()


class Delivery(RuleBasedStateMachine):
    """What happens to one visitor with two devices and two agents."""

    stage: Stage

    @initialize()
    def begin(self) -> None:
        stage = self.stage
        stage.air.mood = "faithful"
        desks = [Desk(stage.bases[0])]
        desks.append(Desk(stage.bases[1], desks[0].organization))
        self.organization = desks[0].organization
        visitor = desks[0].visitor("mia")
        token = visitor.token
        #: Who sits where, once per server.
        self.people: dict[str, list[Person]] = {
            "phone": [visitor, Person(stage.bases[1], token=token)],
            "laptop": [visitor, Person(stage.bases[1], token=token)],
            "ada": [desk.agent("ada", name="Ada") for desk in desks],
            "bob": [desk.agent("bob", name="Bob") for desk in desks],
        }
        self.clients: dict[str, Client] = {}
        self.numbers = 0
        #: Client id → who sent it, where, what; and what the answer said, once there was one.
        self.sent: dict[str, dict[str, Any]] = {}
        self.conversation = visitor.begin("The beginning")["id"]
        self.expected_messages = 1

    def teardown(self) -> None:
        for client in getattr(self, "clients", {}).values():
            self.stage.run(client.drop())
        close_everybody()

    # Helpers.

    def streams_for(self, seat: str) -> list[str]:
        public = f"conversation:{self.conversation}"
        if seat in ("phone", "laptop"):
            return [public]
        return [public, f"notes:{self.conversation}", f"inbox:{self.organization}"]

    def connected(self, seat: str) -> Client | None:
        client = self.clients.get(seat)
        return client if client is not None and client.connected else None

    def next_id(self) -> str:
        self.numbers += 1
        return f"id-{self.numbers}"

    def kind_of(self, seat: str) -> str:
        return "visitor" if seat in ("phone", "laptop") else seat

    # What networks do.

    @rule(seat=SEATS, server=SERVERS)
    def connect(self, seat: str, server: int) -> None:
        """Connect for the first time, or come back, perhaps to the other server."""
        client = self.clients.get(seat)
        if client is not None and client.connected:
            return
        person = self.people[seat][server]
        if client is None:
            client = self.clients[seat] = Client(person.base, person)
        client.base, client.person = person.base, person
        self.stage.run(client.connect())
        for stream in self.streams_for(seat):
            if stream not in client.views:
                assert self.stage.run(client.subscribe(stream))["type"] == "ok"

    @rule(seat=SEATS)
    def drop(self, seat: str) -> None:
        if client := self.connected(seat):
            self.stage.run(client.drop())

    @rule(mood=MOODS)
    def weather(self, mood: Any) -> None:
        self.stage.air.mood = mood

    # What people do.

    def _record(self, id: str, seat: str, body: str, reply: dict[str, Any]) -> None:
        message_id = reply.get("message_id") or reply["id"]
        rows = [row for row in self.stage.truth.messages(self.organization) if row[0] == message_id]
        # Promise 1: it is there for everybody by the time it is acknowledged.
        assert len(rows) == 1, f"acknowledged and not stored: {reply}"
        known = self.sent[id]
        if "message_id" in known:
            assert known["message_id"] == message_id
        else:
            self.expected_messages += 1
        known["message_id"] = message_id

    @rule(seat=SEATS, body=BODIES, internal=st.booleans())
    def send(self, seat: str, body: str, internal: bool) -> None:
        client = self.connected(seat)
        if client is None:
            return
        id = self.next_id()
        visibility = "internal" if internal and self.kind_of(seat) != "visitor" else "public"
        self.sent[id] = {"seat": seat, "body": body, "visibility": visibility}
        reply = self.stage.run(client.say(self.conversation, body, id=id, visibility=visibility))
        assert reply["type"] == "ok", reply
        assert reply["duplicate"] is False
        self._record(id, seat, body, reply)

    @rule(seat=SEATS, body=BODIES)
    def send_and_lose_the_answer(self, seat: str, body: str) -> None:
        client = self.connected(seat)
        if client is None:
            return
        id = self.next_id()
        self.sent[id] = {"seat": seat, "body": body, "visibility": "public"}
        frame = {"type": "message.send", "id": id, "body": body}

        async def send() -> None:
            await client.send({**frame, "conversation_id": self.conversation})
            await client.drop()

        self.stage.run(send())

    @rule(seat=SEATS, server=SERVERS, body=BODIES)
    def send_over_rest(self, seat: str, server: int, body: str) -> None:
        id = self.next_id()
        self.sent[id] = {"seat": seat, "body": body, "visibility": "public"}
        person = self.people[seat][server]
        path = f"/conversations/{self.conversation}/messages"
        self._record(id, seat, body, person.post(path, {"body": body, "client_id": id}))

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), server=SERVERS, over_rest=st.booleans())
    def send_again(self, data: st.DataObject, server: int, over_rest: bool) -> None:
        """Promise 5: another device, another server, another way, the same message."""
        id = data.draw(st.sampled_from(sorted(self.sent)))
        known = self.sent[id]
        fields = {"body": known["body"], "visibility": known["visibility"]}
        seat = known["seat"]
        client = self.connected(seat)
        if over_rest or client is None:
            path = f"/conversations/{self.conversation}/messages"
            response = self.people[seat][server].http.post(path, json={**fields, "client_id": id})
            assert response.status_code in (200, 201), response.text
            assert response.status_code == 200 or "message_id" not in known
            self._record(id, seat, known["body"], response.json())
            return
        reply = self.stage.run(client.say(self.conversation, id=id, **fields))
        assert reply["type"] == "ok", reply
        assert reply["duplicate"] or "message_id" not in known
        self._record(id, seat, known["body"], reply)

    @precondition(lambda self: any("message_id" in known for known in self.sent.values()))
    @rule(data=st.data(), server=SERVERS, delete=st.booleans())
    def edit_or_delete(self, data: st.DataObject, server: int, delete: bool) -> None:
        stored = sorted(id for id, known in self.sent.items() if "message_id" in known)
        known = self.sent[data.draw(st.sampled_from(stored))]
        person = self.people[known["seat"]][server]
        path = f"/messages/{known['message_id']}"
        if delete:
            person.delete(path)
            known["deleted"] = True
        else:
            person.patch(path, {"body": "edited"}, 409 if known.get("deleted") else 200)

    @rule(server=SERVERS, status=st.sampled_from(["open", "pending", "resolved"]))
    def change(self, server: int, status: str) -> None:
        path = f"/conversations/{self.conversation}"
        ada = self.people["ada"][server]
        ada.patch(path, {"status": status, "tags": [status], "assignee_id": ada.id})

    @rule(seat=SEATS, server=SERVERS, read=st.integers(0, 30))
    def read(self, seat: str, server: int, read: int) -> None:
        path = f"/conversations/{self.conversation}/receipts"
        self.people[seat][server].post(path, {"delivered": read, "read": read}, 200)

    # The six promises.

    @invariant()
    def kept(self) -> None:
        if not hasattr(self, "sent"):
            return
        # A send whose answer was lost may still be on its way to the database, so what is read
        # twice may have grown in between.
        before = self.stage.truth.heads(self.organization)
        truth = self._settled()
        after = self.stage.truth.heads(self.organization)
        for name, events in truth.items():
            assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
            moments = [event["at"] for event in events]
            assert moments == sorted(moments)
            assert before.get(name, 0) <= len(events) <= after[name]
        keys = [row[1] for row in self.stage.truth.messages(self.organization)]
        assert len(keys) == len(set(keys))
        unsure = sum("message_id" not in known for known in self.sent.values())
        assert self.expected_messages <= len(keys) <= self.expected_messages + unsure
        for seat, client in self.clients.items():
            for name, view in client.views.items():
                expected = truth.get(name, [])[: len(view.applied)]
                assert len(view.applied) == view.last
                assert all(map(same_event, view.applied, expected)), (seat, name)
                assert view.reset is None
            if self.kind_of(seat) == "visitor":
                assert "internal" not in str(client.frames)

    def _settled(self) -> dict[str, list[dict[str, Any]]]:
        """Everything stored, once every connected client has applied it."""
        deadline = time.monotonic() + CONVERGENCE
        while True:
            truth = self.stage.truth.streams(self.organization)
            behind = [
                (seat, name, view.last, len(truth.get(name, [])))
                for seat, client in self.clients.items()
                if client.connected
                for name, view in client.views.items()
                if view.last < len(truth.get(name, []))
            ]
            if not behind:
                return truth
            for client in self.clients.values():
                if client._failure is not None:
                    raise client._failure
            assert time.monotonic() < deadline, f"stale: {behind}"
            time.sleep(0.02)


def test_the_contract_holds_whatever_happens(stage: Stage) -> None:
    machine = type("Machine", (Delivery,), {"stage": stage})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=18,
            deadline=None,
            # A failure here is often a wait that ran out; shrinking it would take an hour.
            phases=[phase for phase in Phase if not (IN_CI and phase is Phase.shrink)],
            suppress_health_check=list(HealthCheck),
        ),
    )
