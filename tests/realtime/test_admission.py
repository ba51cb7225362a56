"""Which limit concerns whom, and that a refusal by one leaves nothing behind in the others."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from itertools import repeat
from typing import Any

import pytest
from starlette.requests import HTTPConnection

from campfire_chat import Agent, Limits, Rate
from campfire_chat.access import admission as admissions
from campfire_chat.access.actor import Actor, anonymous
from campfire_chat.access.admission import (
    ASKED_AT_ONCE,
    PROCESS,
    Admission,
    Caller,
    caller_of,
    networks_at,
)
from campfire_chat.access.network_rates import NetworkCap
from campfire_chat.access.rates import Cap
from campfire_chat.access.socket_quota import SocketQuota
from campfire_chat.core.errors import OverloadedError, TooManyError
from tests.support.clocks import LimitsClock
from tests.support.host import agent_actor

HERE, THERE = ((("", "198.51.100.7"),), (("", "198.51.100.8"),))
#: Everything is unlimited but what a test names.
NONE: dict[str, Any] = dict.fromkeys(Limits.__struct_fields__)
BURST = 3
RATE = Rate(1, BURST)

MIA, TOM = anonymous("default"), anonymous("default")
FAR = anonymous("elsewhere")
ADA = agent_actor(Agent(id="ada", name="Ada"))
BOB = agent_actor(Agent(id="bob", name="Bob"))

Charge = Callable[[Admission, Caller], None]

CHARGES: dict[str, Charge] = {
    "send": Admission.send,
    "write": Admission.write,
    "call": Admission.call,
    "search": Admission.search,
    "create": Admission.create,
    "connect": Admission.connect,
    "take_in": lambda admission, caller: admission.take_in(caller, 1),
}
#: What is charged, to whom, by which limit. All other limits leave it alone.
CONCERNS = {
    ("send", "sends"): "caller",
    ("send", "sends_per_address"): "address",
    ("send", "sends_per_organization"): "organization",
    ("write", "writes"): "caller",
    ("write", "writes_per_address"): "address",
    ("call", "calls"): "caller",
    ("search", "searches"): "caller",
    ("call", "calls_per_address"): "address",
    ("create", "creations"): "address",
    ("connect", "connections"): "address",
    ("connect", "calls"): "agent",
    ("take_in", "input_bytes"): "caller",
    ("take_in", "input_bytes_per_address"): "address",
}
RATES = [name for name in Limits.__struct_fields__ if isinstance(getattr(Limits(), name), Rate)]


@pytest.fixture(autouse=True)
def clock(limits_clock: LimitsClock) -> LimitsClock:
    return limits_clock


def admission(**limits: Any) -> Admission:
    return Admission(Limits(**{**NONE, **limits}))


def admitted(charge: Charge, admission: Admission, caller: Caller) -> int:
    """How many are, at once; 10 for all."""
    waits: list[float | None] = []
    for _ in range(10):
        try:
            charge(admission, caller)
        except TooManyError as error:
            waits.append(error.retry_after)
    assert set(waits) <= {1.0}
    return 10 - len(waits)


@pytest.mark.parametrize("limit", RATES)
@pytest.mark.parametrize("kind", list(CHARGES))
def test_a_limit_concerns_whom_it_says(kind: str, limit: str) -> None:
    charge, concerns = CHARGES[kind], CONCERNS.get((kind, limit), "nobody")
    found = admission(**{limit: RATE})
    everyone: list[tuple[Any, Actor | None]] = [
        (HERE, MIA),
        (HERE, TOM),
        (THERE, MIA),
        (THERE, FAR),
        (HERE, None),
        (HERE, ADA),
        (HERE, BOB),
        (THERE, ADA),
    ]
    left: Counter[Any] = Counter()
    for networks, actor in everyone:
        agent = actor is not None and actor.is_agent
        key: Any = None
        if concerns == "caller" and actor is not None:
            key = (actor.organization, actor.sender_key)
        elif concerns == "address" and not agent:
            key = networks
        elif concerns == "organization" and actor is not None and not agent:
            key = actor.organization
        elif concerns == "agent" and agent:
            key = actor
        expected = 10
        if key is not None:
            expected = max(0, BURST - left[key])
            left[key] += 10
        assert admitted(charge, found, caller_of(networks, actor)) == expected, (networks, actor)


def test_what_agents_send_counts_for_the_organisation_but_is_never_refused() -> None:
    found = admission(sends_per_organization=RATE)
    assert admitted(Admission.send, found, caller_of(HERE, ADA)) == 10
    assert admitted(Admission.send, found, caller_of(HERE, MIA)) == 0
    assert admitted(Admission.send, found, caller_of(HERE, FAR)) == 3


@pytest.mark.parametrize(
    ("kind", "own", "shared"),
    [
        ("send", "sends", "sends_per_address"),
        ("send", "sends", "sends_per_organization"),
        ("send", "sends_per_address", "sends_per_organization"),
        ("write", "writes", "writes_per_address"),
        ("call", "calls", "calls_per_address"),
        ("take_in", "input_bytes", "input_bytes_per_address"),
    ],
)
def test_who_is_refused_by_their_own_limit_uses_nothing_of_the_others(
    kind: str, own: str, shared: str
) -> None:
    found = admission(**{own: RATE, shared: Rate(1, 5)})
    assert admitted(CHARGES[kind], found, caller_of(HERE, MIA)) == 3
    other = caller_of(THERE if "address" in own else HERE, TOM)
    assert admitted(CHARGES[kind], found, other) == 2


def test_retry_after_is_rounded_up_to_milliseconds(clock: LimitsClock) -> None:
    found = admission(sends=Rate(3, 1))
    found.send(caller_of(HERE, MIA))
    with pytest.raises(TooManyError) as refused:
        found.send(caller_of(HERE, MIA))
    assert refused.value.retry_after == 0.334
    clock.go_on(0.334)
    found.send(caller_of(HERE, MIA))


def counts(found: Admission) -> dict[str, Any]:
    """How many are counted as being there, of everything that may be counted."""
    caps = {name: value for name, value in vars(found).items() if isinstance(value, Cap)}
    networks = {name: value for name, value in vars(found).items() if isinstance(value, NetworkCap)}
    return {
        **{name: dict(cap._count) for name, cap in caps.items() if cap._count},
        **{
            name: [dict(narrow._count) for narrow in cap._by_width]
            for name, cap in networks.items()
            if any(narrow._count for narrow in cap._by_width)
        },
    }


@pytest.mark.parametrize(
    ("limit", "actor", "key"),
    [
        ("polls_per_caller", MIA, ("default", MIA.sender_key)),
        ("polls_per_caller", ADA, ("default", ADA.sender_key)),
        ("polls_per_caller", None, PROCESS),
        ("polls_per_address", MIA, HERE[0]),
        ("polls_per_process", MIA, PROCESS),
        ("polls_per_process", ADA, PROCESS),
    ],
)
def test_polls_that_wait_are_counted_until_they_end(
    limit: str, actor: Actor | None, key: Any
) -> None:
    found = admission(**{limit: 1})
    caller = caller_of(HERE, actor)
    for _ in range(2):
        with found.polling(caller):
            inside = counts(found)
            with pytest.raises(TooManyError) as refused, found.polling(caller):
                pass
            assert refused.value.retry_after == admissions.FULL
            # Who was refused is not counted, and who waits still is.
            assert counts(found) == inside
        assert counts(found) == {}
    with pytest.raises(ValueError, match="cut off"), found.polling(caller):
        raise ValueError("cut off")
    assert counts(found) == {}


def test_who_is_somebody_else_may_wait_too() -> None:
    found = admission(polls_per_caller=1, polls_per_address=2)
    with found.polling(caller_of(HERE, MIA)), found.polling(caller_of(HERE, TOM)):
        with pytest.raises(TooManyError), found.polling(caller_of(HERE, FAR)):
            pass
        # Agents are not counted by their address.
        with found.polling(caller_of(THERE, FAR)), found.polling(caller_of(HERE, ADA)):
            pass


def test_agents_have_a_reserve_of_polls_and_sockets() -> None:
    found = admission(polls_per_process=10, sockets_per_process=10)
    polls = [found.polling(caller_of(HERE, anonymous("default"))) for _ in range(10)]
    for poll in polls:
        poll.__enter__()
        found.sockets.enter(PROCESS)
    for charge in (lambda caller: found.polling(caller).__enter__(), found.connect):
        with pytest.raises(TooManyError):
            charge(caller_of(HERE, MIA))
    with found.polling(caller_of(HERE, ADA)), pytest.raises(TooManyError):
        found.polling(caller_of(HERE, BOB)).__enter__()
    found.connect(caller_of(HERE, ADA))


def begun(found: Admission, callers: Iterable[Caller]) -> int:
    """How many writes of these callers are admitted until one is not."""
    for number, caller in enumerate(callers):
        try:
            found.begin_write(caller)
        except OverloadedError:
            return number
    raise AssertionError("all of them")


def test_each_caller_and_each_address_has_a_share_of_the_queue() -> None:
    found = Admission(Limits(**NONE), write_queue=1_000)
    under_way = 1_000 + admissions.BEING_WRITTEN
    one = caller_of((), MIA)
    assert begun(found, repeat(one, under_way)) == under_way // 16
    with pytest.raises(OverloadedError) as refused:
        found.begin_write(one)
    assert refused.value.retry_after == 1.0
    many = (caller_of(HERE, anonymous("default")) for _ in range(under_way))
    assert begun(found, many) == under_way // 8


def test_a_write_refused_for_the_address_is_not_the_callers() -> None:
    """Otherwise a caller would lose a place with every refusal, until the process restarts."""
    found = Admission(Limits(**NONE), write_queue=0)
    for _ in range(admissions.BEING_WRITTEN // admissions.NETWORK_SHARE):
        found.begin_write(caller_of(HERE, anonymous("default")))
    before = counts(found)
    for _ in range(100):
        with pytest.raises(OverloadedError):
            found.begin_write(caller_of(HERE, MIA))
    assert counts(found) == before
    with found.writing(caller_of(THERE, MIA)):
        assert counts(found) != before
    assert counts(found) == before
    with pytest.raises(ValueError, match="x"), found.writing(caller_of(THERE, MIA)):
        raise ValueError("x")
    assert counts(found) == before


def test_a_wider_network_has_no_greater_share_of_the_queue() -> None:
    found = Admission(Limits(**NONE), write_queue=0)
    share = admissions.BEING_WRITTEN // admissions.NETWORK_SHARE

    def household(number: int) -> Any:
        return (("", f"{number}/64"), ("", f"{number}/56"), ("", "all/48"))

    for number in range(share):
        found.begin_write(caller_of(household(number), anonymous("default")))
    with pytest.raises(OverloadedError):
        found.begin_write(caller_of(household(-1), anonymous("default")))


def connection(host: str | None = HERE[0][1]) -> HTTPConnection:
    client = (host, 1) if host is not None else None
    return HTTPConnection({"type": "http", "headers": [], "client": client})


@pytest.mark.parametrize("socket", [False, True])
def test_an_address_over_its_limit_asks_the_host_only_now_and_then(socket: bool) -> None:
    name = "connections" if socket else "calls_per_address"
    found = admission(**{name: RATE})
    everything = [found.asking(connection(), socket=socket) for _ in range(100)]
    # Below its limit, as often as it likes; asking takes nothing from it.
    for one in everything:
        one.__enter__()
    for one in everything:
        one.__exit__(None, None, None)
    charge = CHARGES["connect" if socket else "call"]
    assert admitted(charge, found, caller_of(HERE, None)) == 3
    running = [found.asking(connection(), socket=socket) for _ in range(ASKED_AT_ONCE)]
    for one in running:
        one.__enter__()
    with pytest.raises(TooManyError) as refused:
        found.asking(connection(), socket=socket).__enter__()
    assert refused.value.retry_after == 1.0
    # Others are not concerned, nor is the other limit.
    found.asking(connection("198.51.100.8"), socket=socket).__enter__()
    found.asking(connection(), socket=not socket).__enter__()
    running.pop().__exit__(None, None, None)
    with found.asking(connection(), socket=socket):
        pass
    with pytest.raises(ValueError, match="x"), found.asking(connection(), socket=socket):
        raise ValueError("x")
    with found.asking(connection(), socket=socket):
        pass


def test_the_address_of_a_caller() -> None:
    assert [network for _, network in networks_at(connection("192.0.2.1"))] == ["192.0.2.1"]
    assert networks_at(connection(None)) == ()
    assert networks_at(connection("")) == ()
    assert len(networks_at(connection("2001:db8::1"))) == 3


def test_a_limit_that_is_exceeded_is_logged_once_a_minute(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With what an operator needs to know when all callers seem to come from a proxy."""
    at = [1_000.0]
    monkeypatch.setattr(admissions.time, "monotonic", lambda: at[0])
    found = admission(sends=RATE, sends_per_address=Rate(1, 4))

    def lines() -> list[str]:
        with caplog.at_level(logging.WARNING):
            caplog.clear()
            for actor in (MIA, anonymous("default")):
                caller = caller_of(networks_at(connection("10.0.0.2")), actor)
                admitted(Admission.send, found, caller)
        return [record.getMessage() for record in caplog.records]

    first = lines()
    assert [line.partition(";")[0] for line in first] == [
        f"{MIA.sender_key} exceeded limits.sends",
        "10.0.0.2 exceeded limits.sends_per_address",
    ]
    assert "proxy" not in first[0]
    assert "proxy" in first[1]
    at[0] += admissions.LOG_EVERY - 0.001
    assert lines() == []
    at[0] += 0.001
    assert len(lines()) == 2


# What a socket holds of all this.


@pytest.mark.parametrize("actor", [MIA, ADA])
@pytest.mark.parametrize(
    "limit",
    [
        "sockets_per_process",
        "sockets_per_address",
        "sockets_per_visitor",
        "sockets_per_organization",
    ],
)
def test_a_socket_that_was_refused_holds_nothing_once_it_has_left(limit: str, actor: Actor) -> None:
    found = admission(**{limit: 2})
    counted = limit in ("sockets_per_process", "sockets_per_organization") or not actor.is_agent
    session = actor if actor.is_agent else None
    open_ones: list[SocketQuota] = []
    for _ in range(2):
        one = SocketQuota(found, HERE)
        one.connect(session)
        one.greet(actor)
        open_ones.append(one)
    before = counts(found)
    for _ in range(3):
        refused = SocketQuota(found, HERE)
        with pytest.raises(TooManyError) if counted else nullcontext():
            refused.connect(session)
            refused.greet(actor)
        refused.leave()
        # However often it is said.
        refused.leave()
        assert counts(found) == before
    for one in open_ones:
        one.leave()
    assert counts(found) == {}


def test_refusals_in_a_row_make_a_flood_and_one_that_is_admitted_ends_the_row(
    clock: LimitsClock,
) -> None:
    found = admission(sends=RATE, writes=RATE, refusals=3)
    one = SocketQuota(found, HERE)
    one.connect(None)
    one.greet(MIA)
    for take in (one.send, one.write):
        for _ in range(3):
            take()
        for refusal in range(3):
            assert not one.is_flooding, refusal
            with pytest.raises(TooManyError):
                take()
        assert one.is_flooding
        clock.go_on(1)
        take()
        assert not one.is_flooding
    endless = SocketQuota(admission(sends=RATE), HERE)
    endless.connect(None)
    endless.greet(MIA)
    assert admitted(lambda *_: endless.send(), found, caller_of(HERE, MIA)) == 3
    assert not endless.is_flooding


def test_how_long_a_frame_waits_is_the_longest_of_its_limits() -> None:
    found = admission(
        frames=Rate(4, 1),
        frames_per_address=Rate(2, 1),
        input_bytes=Rate(1_000, 1_000),
        input_bytes_per_address=Rate(500, 1_000),
    )
    one = SocketQuota(found, HERE)
    one.connect(None)
    assert one.pause(10) == 0
    assert one.pause(10) == 0.5
    one.greet(MIA)
    # Its address has been charged for what came before the hello, and the caller has not.
    assert one.pause(10) == 1.0
    other = SocketQuota(found, THERE)
    other.connect(None)
    other.greet(MIA)
    assert other.pause(10) == 0.25
    # Bytes count from a size on.
    assert other.pause(512) == 0.5
    assert other.pause(1_513) == pytest.approx(1.026)
    third = SocketQuota(found, HERE)
    third.connect(None)
    third.greet(ADA)
    assert third.pause(10) == 0
    assert third.pause(3_000) == pytest.approx(2.0)
