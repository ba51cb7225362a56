"""What an agent with labels sees is what a plain model of it says, wherever one looks."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.client import Client
from tests.support.people import Desk, Person
from tests.support.servers import eventually

LABELS = ("vip", "emea", "beta")


@dataclass
class Thread:
    """A conversation, as the model knows it."""

    id: str
    subject: str
    visitor: Person
    labels: set[str] = field(default_factory=set[str])
    status: str = "open"
    assignee: str | None = None
    waiting: bool = True


@dataclass
class Watcher:
    """An agent and their labels; None for one who sees everything."""

    person: Person
    labels: set[str] | None

    def sees(self, thread: Thread) -> bool:
        return self.labels is None or not thread.labels or bool(self.labels & thread.labels)


def searched(person: Person, wanted: dict[str, Any]) -> set[str]:
    """The conversations that a search finds."""
    return {hit["conversation"]["id"] for hit in person.post("/search", wanted, 200)["items"]}


def narrowed(desk: Desk, labels: set[str] | None, **fields: Any) -> Watcher:
    email = None if labels is None else f"labels:{','.join(sorted(labels))}"
    return Watcher(desk.agent(email=email, **fields), labels)


def everything(person: Person, **filters: Any) -> set[str]:
    found: set[str] = set()
    more: dict[str, Any] = {}
    while True:
        page = person.get("/conversations", limit=3, **filters, **more)
        found |= {item["id"] for item in page["items"]}
        if page["next_cursor"] is None:
            return found
        more = {"cursor": page["next_cursor"]}


def act(choose: random.Random, desk: Desk, boss: Person, threads: list[Thread]) -> None:
    """Do something that changes what somebody sees."""
    step = choose.choice(("begin", "begin", "label", "label", "status", "write", "answer"))
    if step == "begin" or not threads:
        subject = f"subject {secrets.token_hex(6)}"
        visitor = desk.visitor()
        threads.append(Thread(visitor.begin("Hello", subject=subject)["id"], subject, visitor))
        return
    thread = choose.choice(threads)
    path = f"/conversations/{thread.id}"
    if step == "label":
        thread.labels = set(choose.sample(LABELS, choose.randint(0, 2)))
        boss.patch(path, {"access_labels": sorted(thread.labels)})
    elif step == "status":
        thread.status = choose.choice(("open", "pending", "resolved"))
        boss.patch(path, {"status": thread.status})
        thread.waiting = thread.waiting and thread.status != "resolved"
    elif step == "write":
        thread.visitor.write(thread.id, "More")
        thread.status = "open" if thread.status == "resolved" else thread.status
        thread.waiting = True
    else:
        boss.write(thread.id, "Answer")
        thread.assignee = thread.assignee or boss.id
        thread.waiting = False


def compare(watcher: Watcher, threads: list[Thread]) -> None:
    """Everything that the API tells a watcher against what the model says."""
    person = watcher.person
    seen = [thread for thread in threads if watcher.sees(thread)]
    ids = {thread.id for thread in seen}
    assert everything(person) == ids
    for status in ("open", "pending", "resolved"):
        expected = {thread.id for thread in seen if thread.status == status}
        assert everything(person, status=status) == expected
    unassigned = {thread.id for thread in seen if thread.assignee is None}
    assert everything(person, assignee="unassigned") == unassigned
    waiting = {thread.id for thread in seen if thread.waiting}
    assert everything(person, order="longest_waiting") == waiting
    opened = [thread for thread in seen if thread.status == "open"]
    assert person.get("/conversations/counts")["all"] == {
        "open": len(opened),
        "waiting": sum(thread.waiting for thread in opened),
    }
    for thread in threads:
        status = 200 if watcher.sees(thread) else 404
        path = f"/conversations/{thread.id}"
        wanted = {"q": f'"{thread.subject}"', "in": ["conversations"]}
        expected = {thread.id} if status == 200 else set[str]()
        # The index follows a moment after the commit.
        eventually(lambda wanted=wanted, expected=expected: searched(person, wanted) == expected)
        for where in (path, f"{path}/messages"):
            person.get(where, status)
        for stream in (f"conversation:{thread.id}", f"notes:{thread.id}"):
            person.get(f"/streams/{stream}/events", status)
        if status == 404:
            message = thread.visitor.thread(thread.id)[0]["id"]
            person.get(f"/messages/{message}/versions", 404)
            person.patch(path, {"status": "pending"}, 404)
            person.write(thread.id, "x", 404)
            person.post(f"{path}/receipts", {"read": 1}, 404)
    events = person.events(f"inbox:{person.me['organization']}")
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    shown = {event["data"]["id"] for event in events if event["event"] != "hidden"}
    assert shown == ids
    assert all(event["data"] == {} for event in events if event["event"] == "hidden")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_an_agent_sees_what_the_model_says(desk: Desk, seed: int) -> None:
    choose = random.Random(seed)
    boss = desk.agent(role="admin")
    watchers = [
        narrowed(desk, None, role="admin"),
        narrowed(desk, set()),
        narrowed(desk, {"vip"}, role="owner"),
        narrowed(desk, {"emea", "beta"}),
        narrowed(desk, {"nothing has it"}, role="viewer"),
    ]
    threads: list[Thread] = []
    for _ in range(2):
        for _ in range(10):
            act(choose, desk, boss, threads)
        for watcher in watchers:
            if watcher.person.me["role"] != "viewer":
                compare(watcher, threads)
    # A viewer may not write anyway.
    viewer = watchers[-1]
    assert everything(viewer.person) == {one.id for one in threads if viewer.sees(one)}


def test_the_longest_wait_is_taken_among_those_that_one_sees(desk: Desk) -> None:
    boss = desk.agent(role="admin")
    first, second = desk.visitor().begin("first")["id"], desk.visitor().begin("second")["id"]
    boss.patch(f"/conversations/{first}", {"access_labels": ["vip"]})
    other = narrowed(desk, {"beta"}).person
    assert other.post("/conversations/take", {}, 200)["conversation"]["id"] == second
    assert other.post("/conversations/take", {}, 200)["conversation"] is None
    vip = narrowed(desk, {"vip"}).person
    assert vip.post("/conversations/take", {}, 200)["conversation"]["id"] == first


def test_what_is_told_of_a_hidden_contact_does_not_name_them(desk: Desk) -> None:
    admin, other = desk.agent(role="admin"), narrowed(desk, {"beta"}).person
    visitor = desk.visitor("mia", name="Mia", avatar_url="https://a.example/mia.png")
    renamed = desk.visitor("mia", name="Mia Miller", avatar_url="https://a.example/miller.png")
    for person in (visitor, renamed):
        conversation = person.begin()["id"]
        admin.patch(f"/conversations/{conversation}", {"access_labels": ["vip"]})
    inbox = f"inbox:{desk.organization}"
    for person in (admin, other):
        told = [one for one in person.events(inbox) if one["event"] == "contact.updated"]
        assert told
        assert "name" in told[-1]["data"]["fields"]
        actor = told[-1]["data"]["actor"]
        assert (actor["kind"], actor["name"], actor["avatar_url"]) == ("visitor", None, None)
    assert "Mia" not in str(other.events(inbox))
    other.get(f"/contacts/{visitor.id}", 404)


def test_setting_labels_needs_its_own_permission(desk: Desk) -> None:
    conversation = desk.visitor().begin()["id"]
    path, body = f"/conversations/{conversation}", {"access_labels": ["vip"]}
    agent, admin = desk.agent(), desk.agent(role="admin")
    agent.patch(path, body, 403)
    agent.patch(path, {**body, "status": "pending"}, 403)
    keeper = desk.agent(role="keeper")
    assert keeper.patch(path, body)["access_labels"] == ["vip"]
    keeper.patch(path, {"status": "pending"}, 403)
    keeper.patch(path, {**body, "status": "pending"}, 403)
    keeper.patch(path, {}, 403)
    assert admin.patch(path, {"access_labels": ["vip", " emea ", "vip"]})["access_labels"] == [
        "emea",
        "vip",
    ]
    for wrong in ([""], ["x" * 65], None, "vip", [str(number) for number in range(21)]):
        admin.patch(path, {"access_labels": wrong}, 422)


def test_the_change_is_an_event_that_visitors_do_not_see(desk: Desk) -> None:
    visitor, admin = desk.visitor(), desk.agent(role="admin")
    conversation = visitor.begin()["id"]
    admin.patch(f"/conversations/{conversation}", {"access_labels": ["vip"]})
    # What is set already is no change.
    admin.patch(f"/conversations/{conversation}", {"access_labels": ["vip"]})
    (event,) = admin.events(f"notes:{conversation}")
    assert event["event"] == "conversation.access_changed"
    assert event["data"]["access_labels"] == ["vip"]
    assert event["data"]["actor"]["id"] == admin.id
    assert len(visitor.events(f"conversation:{conversation}")) == 1
    assert "access_labels" not in visitor.get(f"/conversations/{conversation}")


@pytest.mark.anyio
async def test_an_open_stream_ends_with_the_right_to_see_it(desk: Desk) -> None:
    visitor, admin = desk.visitor(), desk.agent(role="admin")
    conversation = visitor.begin()["id"]
    person = narrowed(desk, {"beta"}).person
    path = f"/conversations/{conversation}"
    stream = f"conversation:{conversation}"
    async with Client(person.base, person) as client:
        inbox = f"inbox:{desk.organization}"
        await client.subscribe(inbox)
        assert (await client.subscribe(stream))["type"] == "ok"
        assert (await client.subscribe(f"notes:{conversation}"))["type"] == "ok"
        admin.patch(path, {"access_labels": ["vip"]})
        for name in (stream, f"notes:{conversation}"):
            reset = await client.until_frame("reset", stream=name)
            assert reset["reason"] == "access"
        assert (await client.subscribe(stream))["code"] == "not_found"
        assert (await client.say(conversation, "x"))["code"] == "not_found"
        secret = visitor.write(conversation, "not for everybody")
        admin.patch(path, {"access_labels": []})
        head = person.get(f"/streams/{inbox}/events")["head"]
        view = await client.until_seq(inbox, head)
        assert not view.has_gap
        told = [event["event"] for event in view.applied]
        # The session of the agent who is connected begins with the next beat.
        assert [event for event in told if event != "agent.session_started"] == [
            *("conversation.updated", "hidden", "hidden", "conversation.updated"),
        ]
        # It may be opened again, and has all of it.
        assert (await client.subscribe(stream))["type"] == "ok"
        again = await client.until_seq(stream, secret["seq"])
        assert not again.has_gap


@pytest.mark.anyio
async def test_agents_who_see_everything_notice_nothing(desk: Desk) -> None:
    visitor, admin = desk.visitor(), desk.agent(role="admin")
    conversation = visitor.begin()["id"]
    stream = f"conversation:{conversation}"
    async with Client(admin.base, admin) as client, Client(visitor.base, visitor) as mine:
        for each in (client, mine):
            await each.subscribe(stream)
        admin.patch(f"/conversations/{conversation}", {"access_labels": ["vip"]})
        seq = visitor.write(conversation, "still here")["seq"]
        for each in (client, mine):
            await each.until_seq(stream, seq)
            assert not [frame for frame in each.frames if frame["type"] == "reset"]
