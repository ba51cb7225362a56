"""What a socket uses up is its caller's and their address's, and a new socket changes nothing."""

from __future__ import annotations

import heapq
from typing import Any

import pytest

from campfire_chat import Agent, Rate
from campfire_chat.access import admission as admissions
from campfire_chat.access import socket_quota as visits
from campfire_chat.access.actor import Actor, anonymous
from campfire_chat.access.admission import Admission
from campfire_chat.access.network_rates import Networks
from campfire_chat.access.rates import SECOND
from campfire_chat.access.socket_quota import SMALL, SocketQuota
from tests.protocol.test_limits import roomy
from tests.support.host import agent_actor

HERE: Networks = (("", "198.51.100.7"),)
THERE: Networks = (("", "198.51.100.8"),)
VISITOR = anonymous("default")
AGENT = agent_actor(Agent(id="ada", name="Ada"))


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A clock that stands still unless the test moves it."""
    time = [5 * SECOND]
    for module in (admissions, visits):
        monkeypatch.setattr(module, "now", lambda: time[0])
    return time


def quota(admission: Admission, networks: Networks, actor: Actor | None = VISITOR) -> SocketQuota:
    found = SocketQuota(admission, networks)
    found.connect(actor if actor is not None and actor.is_agent else None)
    if actor is not None:
        found.greet(actor)
    return found


def at_once(admission: Admission, networks: Networks, actor: Actor | None, **fields: Any) -> int:
    """How many frames are looked at without a pause, each over a socket of its own."""
    count = 0
    while count < 1_000:
        one = quota(admission, networks, actor)
        pause = one.pause(fields.get("size", 10))
        one.leave()
        if pause:
            return count
        count += 1
    return count


def test_reconnecting_refills_no_bucket(clock: list[int]) -> None:
    admission = Admission(roomy(frames=Rate(1, 30)))
    assert at_once(admission, HERE, VISITOR) == 30
    # From wherever they come, and over as many sockets as they like.
    assert at_once(admission, THERE, VISITOR) == 0
    assert at_once(admission, HERE, anonymous("default")) == 30
    assert at_once(admission, HERE, AGENT) == 30
    clock[0] += 100 * SECOND
    assert at_once(admission, HERE, VISITOR) == 30


def test_an_address_has_a_bucket_for_all_who_come_from_it() -> None:
    admission = Admission(roomy(frames_per_address=Rate(1, 40)))
    assert sum(at_once(admission, HERE, anonymous("default")) for _ in range(5)) == 40
    assert at_once(admission, HERE, None) == 0
    assert at_once(admission, THERE, None) == 40
    # Agents are known by their session.
    assert at_once(admission, HERE, AGENT) == 1_000


def test_who_floods_waits_ever_longer_and_not_for_ever() -> None:
    admission = Admission(roomy(frames=Rate(10, 1)))
    one = quota(admission, HERE)
    waits = [one.pause(10) for _ in range(300)]
    assert waits[:3] == pytest.approx([0, 0.1, 0.2])
    assert waits == sorted(waits)
    assert max(waits) == pytest.approx(10.0)


@pytest.mark.parametrize("shared", [False, True])
def test_bytes_are_limited_however_few_frames_they_come_in(shared: bool) -> None:
    name = "input_bytes_per_address" if shared else "input_bytes"
    admission = Admission(roomy(**{name: Rate(1_000, 100_000)}))
    assert at_once(admission, HERE, VISITOR, size=10_000) == 10
    assert at_once(admission, HERE, anonymous("default"), size=10_000) == (0 if shared else 10)
    assert at_once(admission, HERE, AGENT, size=10_000) == 10 or shared
    # What their number limits is not counted twice.
    assert at_once(admission, HERE, VISITOR, size=SMALL) == 1_000


def test_by_default_an_address_cannot_send_megabytes_a_second(clock: list[int]) -> None:
    """However many visitors there are: 12 seconds of messages as long as may be."""
    admission = Admission(admissions.Limits())
    people = [quota(admission, HERE, anonymous("default")) for _ in range(1_000)]
    end, size, taken = clock[0] + 12 * SECOND, 40_000, 0
    free = [(clock[0], index) for index in range(len(people))]
    while free[0][0] < end:
        clock[0], index = heapq.heappop(free)
        looked_at = clock[0] + int(people[index].pause(size) * SECOND) + 1
        taken += size if looked_at < end else 0
        heapq.heappush(free, (looked_at, index))
    assert taken < 10_000_000


def test_what_a_hello_resumes_counts_as_frames() -> None:
    admission = Admission(roomy(frames=Rate(1, 300)))
    one = quota(admission, HERE)
    one.resume(256)
    assert at_once(admission, HERE, VISITOR) == 300 - 256


def test_writes_under_way_are_a_callers_not_a_sockets() -> None:
    admission = Admission(roomy(), write_queue=1_000)
    share = (1_000 + admissions.BEING_WRITTEN) // admissions.CALLER_SHARE
    tabs = [quota(admission, HERE) for _ in range(10)]
    for n in range(share):
        tabs[n % 10].begin_write()
    for tab in tabs:
        with pytest.raises(admissions.OverloadedError):
            tab.begin_write()
    quota(admission, HERE, anonymous("default")).begin_write()
    tabs[0].leave()
    tabs[1].end_write()
    tabs[2].begin_write()
    for tab in (tabs[0], tabs[2]):
        with pytest.raises(admissions.OverloadedError):
            tab.begin_write()


def test_what_was_let_through_and_refused_leaves_no_count_behind() -> None:
    admission = Admission(roomy(), write_queue=1)
    people = [quota(admission, HERE, anonymous("default")) for _ in range(10)]
    under_way: list[SocketQuota] = []
    for person in people * 40:
        try:
            person.begin_write()
        except admissions.OverloadedError:
            continue
        under_way.append(person)
    assert len(under_way) == (1 + admissions.BEING_WRITTEN) // admissions.NETWORK_SHARE
    for person in under_way:
        person.end_write()
    for person in people:
        person.leave()
    caps = (admission._writing, *admission._writing_per_address._by_width)
    assert [cap._count for cap in caps] == [{}] * 4
    assert admission.sockets._count == {}
    assert [cap._count for cap in admission.sockets_per_address._by_width] == [{}] * 3
