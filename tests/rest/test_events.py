"""Streams over HTTP: replay and the long poll."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from tests.support.people import Desk, Person, checked
from tests.support.servers import ThreadServer, eventually


def test_replay_in_pages(desk: Desk) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin("1")["id"]
    for n in range(2, 8):
        visitor.write(conversation, str(n))
    path = f"/streams/conversation:{conversation}/events"
    page = visitor.get(path, after=1, limit=3)
    assert [event["data"]["body"] for event in page["events"]] == ["2", "3", "4"]
    assert (page["head"], page["more"]) == (7, True)
    assert page["stream"] == f"conversation:{conversation}"
    rest = visitor.get(path, after=4, limit=100, epoch=page["epoch"])
    assert [event["seq"] for event in rest["events"]] == [5, 6, 7]
    assert rest["more"] is False
    assert rest.get("reset") is None


def test_reset(desk: Desk) -> None:
    visitor = desk.visitor()
    path = f"/streams/conversation:{visitor.begin()['id']}/events"
    for query, reason in (({"after": 9}, "ahead"), ({"epoch": "another"}, "epoch")):
        page = visitor.get(path, **query)
        assert (page["reset"], page["events"], page["head"]) == (reason, [], 1)
    ahead = visitor.get(path, after=9, wait=0.2)
    assert ahead["reset"] == "ahead"


@contextmanager
def polling(
    server: ThreadServer, desk: Desk, person: Person, stream: str, **query: Any
) -> Iterator[Future[Any]]:
    """A long poll that waits: it listens already, so that nothing is missed from here on."""
    path = f"/streams/{stream}/events"
    with ThreadPoolExecutor(1) as pool:
        # Whoever is not woken by what happens is not told within the test's patience.
        answer = pool.submit(person.http.get, path, params={"wait": 30, **query}, timeout=20)
        eventually(lambda: answer.done() or server.listeners(desk.organization, stream) > 0)
        yield answer
        eventually(lambda: server.listeners(desk.organization, stream) == 0)


def test_the_long_poll_answers_when_something_happens(server: ThreadServer, desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()["id"]
    stream = f"conversation:{conversation}"
    with polling(server, desk, visitor, stream, after=1) as answer:
        assert not answer.done()
        agent.write(conversation, "Here I am")
        page = checked(answer.result(), 200)
    # And the agent who answers gets the conversation, in the same commit.
    assert [event["event"] for event in page["events"]] == [
        "message.created",
        "conversation.assignee_changed",
    ]
    assert page["events"][0]["data"]["body"] == "Here I am"


def test_the_long_poll_ends_by_itself(server: ThreadServer, desk: Desk) -> None:
    visitor = desk.visitor()
    stream = f"conversation:{visitor.begin()['id']}"
    with polling(server, desk, visitor, stream, after=1, wait=3) as answer:
        assert not answer.done()
        page = checked(answer.result(), 200)
    assert (page["events"], page["head"], page["more"]) == ([], 1, False)


def test_the_long_poll_does_not_wait_when_there_is_something(desk: Desk) -> None:
    visitor = desk.visitor()
    path = f"/streams/conversation:{visitor.begin()['id']}/events"
    answer = visitor.http.get(path, params={"after": 0, "wait": 30}, timeout=20)
    assert len(checked(answer, 200)["events"]) == 1


def test_a_poll_for_the_impossible_misleads_nobody_else(server: ThreadServer, desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()["id"]
    stream = f"conversation:{conversation}"
    # It is answered while the other one waits, or after it; both come to their end.
    with (
        polling(server, desk, visitor, stream, after=50, wait=3) as impossible,
        polling(server, desk, agent, stream, after=1) as answer,
    ):
        agent.write(conversation, "Heard")
        # Whoever is here by a session is told to ask again.
        page = checked(answer.result(), 200)
        assert (page["events"], page["more"]) == ([], True)
        page = agent.get(f"/streams/{stream}/events", after=1)
        assert [event["seq"] for event in page["events"]] == [2, 3]
        assert checked(impossible.result(), 200)["reset"] == "ahead"


def test_bad_queries(desk: Desk) -> None:
    visitor = desk.visitor()
    path = f"/streams/conversation:{visitor.begin()['id']}/events"
    for query in (
        *({"after": value} for value in ("-1", "x", "1.5", str(2**53))),
        *({"wait": value} for value in ("-1", "31", "nan", "inf", "x")),
        *({"limit": value} for value in ("0", "101")),
        {"epoch": "x" * 65},
    ):
        problem = visitor.get(path, 422, **query)
        assert problem["code"] == "invalid"
        assert problem["field"] in query


def test_streams_that_are_not_there(desk: Desk) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin()["id"]
    for stream in ("conversation:x", f"notes:{conversation}", "inbox:default", "x", "%00", "a:b"):
        assert visitor.get(f"/streams/{stream}/events", 404)["code"] == "not_found"


def test_a_stream_without_events_is_at_its_beginning(desk: Desk) -> None:
    agent = desk.agent()
    page = agent.get(f"/streams/inbox:{desk.organization}/events")
    assert (page["head"], page["events"], page["more"]) == (0, [], False)
    assert page.get("reset") is None
