"""The jobs of an organisation over REST: its admins see them, try them again and drop them."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from campfire_chat import Role
from campfire_chat.core import clock
from tests.support.people import Desk, Person
from tests.support.truth import Truth

#: Later than any test; in microseconds.
MUCH_LATER = clock.parse_rfc3339("2999-01-01T00:00:00.000000Z")


@pytest.fixture
def admin(desk: Desk) -> Person:
    return desk.agent(role=Role.ADMIN)


@pytest.fixture
def truth(shared_database_url: str) -> Truth:
    return Truth(shared_database_url)


def put(
    truth: Truth,
    organization: str,
    *,
    parked_at: int | None = None,
    lease: str | None = None,
    key: str | None = None,
    error: str | None = None,
) -> str:
    """A job of a kind that no process knows; parked, unless it has no time for that."""
    id = f"job_{secrets.token_hex(12)}"
    truth.write(
        "INSERT INTO campfire_jobs (org_id, job_id, kind, job_key, arguments, due_at, lease, "
        "attempts, created_at, error, parked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(organization, id, "test.unknown", key, '{"secret": 1}'),
        *(MUCH_LATER if parked_at is None else None, lease, 3, clock.now(), error, parked_at),
    )
    return id


def ids(page: Any) -> list[str]:
    return [item["id"] for item in page["items"]]


def test_what_failed_for_good_is_shown_tried_again_and_dropped(
    desk: Desk, admin: Person, truth: Truth
) -> None:
    now = clock.now()
    first = put(truth, desk.organization, parked_at=now, error="ValueError: seven")
    second = put(truth, desk.organization, parked_at=now + 1)
    page = admin.get("/jobs")
    assert ids(page) == [second, first]
    job = page["items"][1]
    created_at = job.pop("created_at")
    assert clock.parse_rfc3339(created_at) <= clock.now()
    assert job == {
        "id": first,
        "kind": "test.unknown",
        "state": "parked",
        "attempts": 3,
        "error": "ValueError: seven",
        "due_at": None,
        "parked_at": clock.rfc3339(now),
    }

    waiting = admin.post(f"/jobs/{first}/retry", None, 200)
    assert (waiting["state"], waiting["attempts"], waiting["error"]) == ("waiting", 0, None)
    assert waiting["due_at"] is not None
    assert ids(admin.get("/jobs")) == [second]
    # Once more, since the answer may have been lost.
    assert admin.post(f"/jobs/{first}/retry", None, 200)["state"] in ("waiting", "parked")

    assert admin.delete(f"/jobs/{second}")["id"] == second
    assert second not in ids(admin.get("/jobs"))
    admin.delete(f"/jobs/{second}", 404)
    admin.post(f"/jobs/{second}/retry", None, 404)


def test_what_waits_and_runs(desk: Desk, admin: Person, truth: Truth) -> None:
    waiting = put(truth, desk.organization, error="OSError")
    running = put(truth, desk.organization, lease="job_claim")
    parked = put(truth, desk.organization, parked_at=clock.now())
    found = {item["id"]: item for item in admin.get("/jobs", state="pending")["items"]}
    assert found.keys() == {waiting, running}
    assert (found[waiting]["state"], found[waiting]["error"]) == ("waiting", "OSError")
    assert found[waiting]["due_at"] == clock.rfc3339(MUCH_LATER)
    # The end of a lease is no time at which anything is done.
    assert (found[running]["state"], found[running]["due_at"]) == ("running", None)
    # Only what is parked may be dropped: something may be under way.
    for id in (waiting, running):
        admin.delete(f"/jobs/{id}", 404)
        assert admin.post(f"/jobs/{id}/retry", None, 200)["state"] == found[id]["state"]
    assert parked not in found


def test_a_real_one_waits_for_the_end_of_a_snooze(desk: Desk, admin: Person) -> None:
    conversation = desk.visitor().begin()["id"]
    snooze = {"status": "snoozed", "snoozed_until": "2999-01-01T00:00:00Z"}
    admin.patch(f"/conversations/{conversation}", snooze)
    [job] = admin.get("/jobs", state="pending")["items"]
    assert (job["kind"], job["state"]) == ("conversation.wake", "waiting")
    assert job["due_at"] == "2999-01-01T00:00:00.000000Z"


@pytest.mark.parametrize("state", ["parked", "pending"])
def test_pages(desk: Desk, admin: Person, truth: Truth, state: str) -> None:
    now = clock.now()
    # Some of them at the same moment.
    for number in range(5):
        put(truth, desk.organization, parked_at=now + number // 2 if state == "parked" else None)
    whole = ids(admin.get("/jobs", state=state))
    assert len(whole) == 5
    found: list[str] = []
    page = admin.get("/jobs", state=state, limit=2)
    while page["next_cursor"] is not None:
        found += ids(page)
        page = admin.get("/jobs", state=state, limit=2, cursor=page["next_cursor"])
    assert found + ids(page) == whole


def test_only_for_admins_and_owners(desk: Desk, truth: Truth) -> None:
    id = put(truth, desk.organization, parked_at=clock.now())
    for role in (Role.AGENT, Role.VIEWER):
        agent = desk.agent(role=role)
        agent.get("/jobs", 403)
        agent.post(f"/jobs/{id}/retry", None, 403)
        agent.delete(f"/jobs/{id}", 403)
    visitor = desk.visitor()
    visitor.get("/jobs", 403)
    visitor.delete(f"/jobs/{id}", 403)
    assert ids(desk.agent(role=Role.OWNER).get("/jobs")) == [id]


def test_nobody_sees_what_belongs_to_others_or_to_the_installation(
    desk: Desk, stranger_desk: Desk, admin: Person, truth: Truth
) -> None:
    others = put(truth, stranger_desk.organization, parked_at=clock.now())
    installations = put(truth, "", parked_at=clock.now())
    assert ids(admin.get("/jobs")) == []
    for id in (others, installations):
        admin.post(f"/jobs/{id}/retry", None, 404)
        admin.delete(f"/jobs/{id}", 404)
    [kept] = truth.query("SELECT count(*) FROM campfire_jobs WHERE job_id = ?", others)
    assert kept[0] == 1
    truth.write("DELETE FROM campfire_jobs WHERE job_id = ?", installations)


@pytest.mark.parametrize("cursor", ["WzEsMl0", "WzE4NDQ2NzQ0MDczNzA5NTUxNjE2LCJ4Il0", "%00"])
def test_made_up_cursors(admin: Person, cursor: str) -> None:
    for state in ("parked", "pending"):
        problem = admin.get("/jobs", 422, state=state, cursor=cursor)
        assert problem["code"] == "invalid_cursor"
