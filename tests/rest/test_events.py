"""Streams over HTTP: replay and the long poll."""

from __future__ import annotations

import threading
import time

from tests.support.people import Desk


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


def test_the_long_poll_answers_when_something_happens(desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()["id"]
    timer = threading.Timer(0.5, agent.write, (conversation, "Here I am"))
    timer.start()
    began = time.monotonic()
    page = visitor.get(f"/streams/conversation:{conversation}/events", after=1, wait=20)
    took = time.monotonic() - began
    timer.join()
    assert [event["data"]["body"] for event in page["events"]] == ["Here I am"]
    assert 0.3 < took < 3


def test_the_long_poll_ends_by_itself(desk: Desk) -> None:
    visitor = desk.visitor()
    path = f"/streams/conversation:{visitor.begin()['id']}/events"
    began = time.monotonic()
    page = visitor.get(path, after=1, wait=1)
    assert page["events"] == []
    assert 0.9 < time.monotonic() - began < 3
    began = time.monotonic()
    assert visitor.get(path, after=0, wait=20)["events"]
    assert time.monotonic() - began < 2


def test_a_poll_for_the_impossible_misleads_nobody_else(desk: Desk) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin()["id"]
    path = f"/streams/conversation:{conversation}/events"
    poll = threading.Thread(target=visitor.http.get, args=(f"{path}?after=50&wait=3",))
    poll.start()
    time.sleep(0.3)
    other = desk.agent()
    timer = threading.Timer(0.3, other.write, (conversation, "Heard"))
    timer.start()
    page = other.get(path, after=1, wait=10)
    assert [event["seq"] for event in page["events"]] == [2]
    timer.join()
    poll.join()


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
