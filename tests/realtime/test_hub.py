"""Every subscriber gets every event after its position once and in order, whatever is lost on the
way; and nobody gets what is not theirs. Events are committed by a model of the database."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campfire_chat.access.actor import Actor, anonymous
from campfire_chat.access.records import Agent
from campfire_chat.core.errors import StorageUnavailableError
from campfire_chat.features.receipts.frames import ReceiptNotice
from campfire_chat.http.events import _Waiter
from campfire_chat.ledger.event_log import StreamPage
from campfire_chat.ledger.write_batch import Notice
from campfire_chat.realtime import catch_up
from campfire_chat.realtime.bus import Ephemeral, Wake
from campfire_chat.realtime.channels import Channel, Subscription
from campfire_chat.realtime.hub import Hub
from tests.support.clocks import in_virtual_time
from tests.support.host import agent_actor

HERE = ("default", "conversation:c")
MIA, TOM = anonymous("default"), anonymous("default")
ADA = agent_actor(Agent(id="ada", name="Ada"))


class Log:
    """The events that are stored. It is read as the store is."""

    def __init__(self) -> None:
        self.heads: dict[tuple[str, str], int] = {}
        #: Of each stream, the oldest that is still stored.
        self.first: dict[tuple[str, str], int] = {}
        self.queries: list[str] = []
        self.failures = 0
        self.page_size = 3
        #: Queries under way, and the most there ever were.
        self.running = self.most = 0
        #: Of each query for several streams, how many it named.
        self.widths: list[int] = []

    def commit(self, key: tuple[str, str] = HERE) -> int:
        self.heads[key] = self.heads.get(key, 0) + 1
        return self.heads[key]

    def page(self, key: tuple[str, str], after: int) -> StreamPage:
        head, first = self.heads.get(key, 0), max(after + 1, self.first.get(key, 1))
        last = min(head, first - 1 + self.page_size)
        events = [(seq, event(key, seq)) for seq in range(first, last + 1)]
        return StreamPage(events=events, head=head, first=first, more=head > last)

    async def stream_page(self, organization: str, name: str, after: int) -> StreamPage:
        await self._ask("page")
        return self.page((organization, name), after)

    async def newest_events(
        self, organization: str, names: list[str], depth: int
    ) -> list[tuple[str, int, str]]:
        self.widths.append(len(names))
        await self._ask("newest")
        found: list[tuple[str, int, str]] = []
        for name in sorted(names):
            key = (organization, name)
            head = self.heads.get(key, 0)
            found += [
                (name, seq, event(key, seq)) for seq in range(max(1, head - depth + 1), head + 1)
            ]
        return found

    async def _ask(self, what: str) -> None:
        self.queries.append(what)
        if self.failures:
            self.failures -= 1
            raise StorageUnavailableError()
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0.001)
        self.running -= 1


def event(key: tuple[str, str], seq: int) -> str:
    return f"{key[0]} {key[1]} {seq}"


class Sink:
    """A client that is as strict as the protocol asks of one."""

    def __init__(self, actor: Actor = MIA, *, after: int = 0, key: tuple[str, str] = HERE) -> None:
        self._actor = actor
        self.key = key
        self.last = after
        self.offered: list[dict[str, Any]] = []

    @property
    def actor(self) -> Actor:
        return self._actor

    def push(self, text: str) -> None:
        assert text == event(self.key, self.last + 1)
        self.last += 1

    def offer(self, text: str) -> None:
        self.offered.append(json.loads(text))


def join(hub: Hub, sink: Sink) -> Subscription:
    subscription = hub.attach(*sink.key, sink)
    subscription.admitted = True
    subscription.last = sink.last
    return subscription


def read(hub: Hub, log: Log, subscription: Subscription, sink: Sink) -> bool:
    """A page of what was missed; whether the sink has all of it."""
    page = log.page(sink.key, subscription.last)
    for seq, text in page.events:
        if seq > sink.last + 1:
            # Older ones are gone, which the client is told with a reset.
            sink.last = seq - 1
        sink.push(text)
    return hub.splice(subscription, page)


STEPS = st.lists(
    st.sampled_from(["told", "lost", "late", "wake", "join", "read", "leave", "double"]),
    max_size=40,
)


@given(STEPS, st.integers(1, 4))
def test_no_gap_and_no_repetition(steps: list[str], page_size: int) -> None:
    """Events that the hub is told of, that it is not told of, and that it is told of too late."""

    async def play() -> None:
        log, hub = Log(), Hub(poll_interval=1.0)
        log.page_size = page_size
        catching_up = asyncio.create_task(hub._catch_up.run(log))  # type: ignore[arg-type]
        here: list[tuple[Subscription, Sink]] = []
        late: list[int] = []

        def tell(seq: int) -> None:
            hub.on_commit([(*HERE, seq, event(HERE, seq))], [], {})

        for step in steps:
            if step == "told":
                tell(log.commit())
            elif step == "lost":
                log.commit()
            elif step == "late":
                late.append(log.commit())
            elif step == "double" and log.heads:
                tell(log.heads[HERE])
            elif step == "wake" and log.heads:
                hub.on_wake(Wake(node="other", heads=[(*HERE, log.heads[HERE])], frames=[]))
                await asyncio.sleep(0.1)
            elif step == "join":
                sink = Sink(after=log.heads.get(HERE, 0) // 2)
                here.append((join(hub, sink), sink))
            elif step == "read":
                for subscription, sink in here:
                    if not subscription.live:
                        read(hub, log, subscription, sink)
            elif step == "leave" and here:
                subscription, _ = here.pop(0)
                hub.detach(subscription)
            if late and step == "read":
                tell(late.pop(0))
        # In the end, once everything has been heard of.
        for subscription, sink in here:
            while not subscription.live:
                read(hub, log, subscription, sink)
                hub.on_wake(Wake(node="other", heads=[(*HERE, log.heads.get(HERE, 0))], frames=[]))
                await asyncio.sleep(0.1)
        hub.on_wake(Wake(node="other", heads=[(*HERE, log.heads.get(HERE, 0))], frames=[]))
        await asyncio.sleep(1)
        for subscription, sink in here:
            assert sink.last == log.heads.get(HERE, 0)
            assert subscription.channel.delivered == sink.last
            assert not subscription.channel.behind
            hub.detach(subscription)
        assert not hub._channels
        assert not hub._catch_up._behind
        catching_up.cancel()

    in_virtual_time(play())


def following(*sinks: Sink, log: Log | None = None) -> tuple[Hub, list[Subscription]]:
    """A hub whose subscribers are live at the head."""
    log, hub = log or Log(), Hub(poll_interval=1.0)
    subscriptions = [join(hub, sink) for sink in sinks]
    for subscription, sink in zip(subscriptions, sinks, strict=True):
        assert read(hub, log, subscription, sink)
    return hub, subscriptions


async def caught_up(hub: Hub, log: Log, seconds: float = 0.1) -> None:
    task = asyncio.create_task(hub._catch_up.run(log))  # type: ignore[arg-type]
    await asyncio.sleep(seconds)
    assert not task.done()
    task.cancel()


def wake(hub: Hub, *keys: tuple[str, str], log: Log) -> None:
    hub.on_wake(Wake(node="other", heads=[(*key, log.heads[key]) for key in keys], frames=[]))


def test_many_streams_that_lack_little_are_read_with_one_query() -> None:
    async def play() -> None:
        log = Log()
        keys = [(org, f"conversation:{n}") for org in ("default", "other") for n in range(30)]
        sinks = [Sink(key=key) for key in keys]
        hub, _ = following(*sinks, log=log)
        for n, key in enumerate(keys):
            for _ in range(1 + n % 3):
                log.commit(key)
        wake(hub, *keys, log=log)
        await caught_up(hub, log)
        # One for each organisation, whose rows are nobody else's.
        assert log.queries == ["newest", "newest"]
        assert [sink.last for sink in sinks] == [log.heads[key] for key in keys]

    in_virtual_time(play())


def test_what_lacks_much_is_read_by_itself_and_holds_up_nobody() -> None:
    async def play() -> None:
        log = Log()
        far, near, alone = (
            ("default", f"conversation:{name}") for name in ("far", "near", "alone")
        )
        sinks = [Sink(key=key) for key in (far, near, alone)]
        hub, _ = following(*sinks, log=log)
        for _ in range(catch_up.NEAR + 1):
            log.commit(far)
        log.commit(near)
        log.commit(alone)
        wake(hub, far, near, alone, log=log)
        await caught_up(hub, log)
        assert [sink.last for sink in sinks] == [catch_up.NEAR + 1, 1, 1]
        assert log.queries.count("newest") == 1
        # No deeper than what is lacking there: pages of three, and nothing else.
        assert log.queries.count("page") == -(-(catch_up.NEAR + 1) // 3)

    in_virtual_time(play())


def test_more_groups_than_readers_all_get_their_turn() -> None:
    async def play() -> None:
        log = Log()
        keys = [(f"org{n}", "conversation:c") for n in range(3 * catch_up.CATCH_UP)]
        sinks = [Sink(key=key) for key in keys]
        hub, _ = following(*sinks, log=log)
        for key in keys:
            log.commit(key)
        wake(hub, *keys, log=log)
        await caught_up(hub, log)
        assert {sink.last for sink in sinks} == {1}
        # No more of them at a time, which would take all readers from everybody else.
        assert log.most == catch_up.CATCH_UP

    in_virtual_time(play())


def test_more_streams_than_a_query_names_are_all_read() -> None:
    async def play() -> None:
        log = Log()
        keys = [("default", f"conversation:{n}") for n in range(2 * catch_up.STREAMS_PER_QUERY + 1)]
        sinks = [Sink(key=key) for key in keys]
        hub, _ = following(*sinks, log=log)
        for key in keys:
            log.commit(key)
        wake(hub, *keys, log=log)
        await caught_up(hub, log)
        assert {sink.last for sink in sinks} == {1}
        assert log.widths == [catch_up.STREAMS_PER_QUERY] * 2

    in_virtual_time(play())


def test_a_stream_that_is_left_while_it_is_read_is_read_no_further() -> None:
    async def play() -> None:
        log = Log()
        hub, (subscription,) = following(Sink(), log=log)
        for _ in range(30):
            log.commit()
        wake(hub, HERE, log=log)
        task = asyncio.create_task(hub._catch_up.run(log))  # type: ignore[arg-type]
        await asyncio.sleep(0.0025)
        read_so_far = len(log.queries)
        assert read_so_far < 5
        hub.detach(subscription)
        await asyncio.sleep(1)
        assert len(log.queries) == read_so_far
        task.cancel()

    in_virtual_time(play())


def test_a_stream_without_events_is_not_behind() -> None:
    async def play() -> None:
        log = Log()
        hub, _ = following(Sink(), log=log)
        await caught_up(hub, log)
        assert log.queries == []

    in_virtual_time(play())


def test_a_stream_that_grows_while_it_is_read_is_read_on() -> None:
    async def play() -> None:
        log, sinks = Log(), [Sink(), Sink(key=("default", "conversation:d"))]
        hub, _ = following(*sinks, log=log)
        for sink in sinks:
            log.commit(sink.key)
        wake(hub, *[sink.key for sink in sinks], log=log)
        task = asyncio.create_task(hub._catch_up.run(log))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        for _ in range(5):
            log.commit()
        wake(hub, HERE, log=log)
        await asyncio.sleep(0.1)
        assert [sink.last for sink in sinks] == [6, 1]
        task.cancel()

    in_virtual_time(play())


def test_a_head_that_does_not_exist_is_forgotten() -> None:
    """As after a restore: a wake-up of before tells of what is not there any more."""

    async def play() -> None:
        log, sink = Log(), Sink()
        for _ in range(2):
            log.commit()
        hub, (subscription,) = following(sink, log=log)
        hub.on_wake(Wake(node="other", heads=[(*HERE, 50)], frames=[]))
        await caught_up(hub, log)
        assert not subscription.channel.behind
        assert log.queries == ["page"]
        # What comes then is heard of as ever, although its seq is lower.
        log.commit()
        wake(hub, HERE, log=log)
        await caught_up(hub, log)
        assert sink.last == 3

    in_virtual_time(play())


@pytest.mark.parametrize("first", [2, 8])
def test_what_is_no_longer_stored_is_skipped(first: int) -> None:
    """The clients see the gap at their own position, and what follows is not held back."""

    async def play() -> None:
        log = Log()
        hub, (subscription,) = following(Sink(), log=log)
        for _ in range(9):
            log.commit()
        log.first[HERE] = first
        wake(hub, HERE, log=log)
        late: list[str] = []
        subscription.sink = type("Late", (Sink,), {"push": lambda _, text: late.append(text)})()
        await caught_up(hub, log)
        assert late == [event(HERE, seq) for seq in range(first, 10)]
        assert subscription.channel.delivered == 9

    in_virtual_time(play())


@pytest.mark.parametrize("failures", [1, 3])
def test_a_database_that_refuses_is_asked_again(failures: int) -> None:
    async def play() -> None:
        log, sinks = Log(), [Sink(), Sink(key=("other", "conversation:d"))]
        hub, _ = following(*sinks, log=log)
        for sink in sinks:
            log.commit(sink.key)
        log.failures = failures
        wake(hub, *[sink.key for sink in sinks], log=log)
        task = asyncio.create_task(hub._catch_up.run(log))  # type: ignore[arg-type]
        await asyncio.sleep(catch_up.RETRY_DELAY - 0.01)
        # Both are asked for once, and then there is a pause.
        assert len(log.queries) == 2
        await asyncio.sleep(catch_up.RETRY_DELAY * failures)
        task.cancel()
        assert [sink.last for sink in sinks] == [1, 1]
        # With a pause, and no more often than needed.
        assert len(log.queries) == failures + 2

    in_virtual_time(play())


def test_nothing_is_read_for_a_stream_that_everybody_has_left() -> None:
    async def play() -> None:
        log = Log()
        keys = [HERE, ("default", "conversation:d"), ("default", "conversation:e")]
        hub, subscriptions = following(*[Sink(key=key) for key in keys], log=log)
        for key in keys:
            log.commit(key)
        wake(hub, *keys, log=log)
        for subscription in subscriptions:
            hub.detach(subscription)
            hub.detach(subscription)
        assert not hub._catch_up._behind
        await caught_up(hub, log)
        assert log.queries == []
        assert hub.streams_of("conversation") == []

    in_virtual_time(play())


def test_who_left_for_a_new_subscription_leaves_that_one_alone() -> None:
    hub, (old,) = following(Sink())
    hub.detach(old)
    sink = Sink()
    new = join(hub, sink)
    assert read(hub, Log(), new, sink)
    hub.detach(old)
    hub.on_commit([(*HERE, 1, event(HERE, 1))], [], {})
    assert sink.last == 1
    assert hub.streams_of("conversation") == [HERE]
    assert hub.streams_of("notes") == []


# Whom it tells.


def test_a_repeated_write_makes_the_hub_look_for_what_it_was_not_told() -> None:
    async def play() -> None:
        log, sink = Log(), Sink()
        hub, _ = following(sink, log=log)
        hub.on_commit([], [], {HERE: log.commit()})
        await caught_up(hub, log)
        assert sink.last == 1

    in_virtual_time(play())


class Announced:
    """What the other processes are told."""

    def __init__(self) -> None:
        self.heads: list[dict[Any, int]] = []
        self.frames: list[Ephemeral] = []

    def announce(self, heads: dict[Any, int]) -> None:
        self.heads.append(dict(heads))

    def send(self, frame: Ephemeral) -> None:
        self.frames.append(frame)


def test_other_processes_are_told_the_latest_head_of_each_stream() -> None:
    hub, bus = Hub(poll_interval=1.0), Announced()
    hub._bus = bus  # type: ignore[assignment]
    other = ("other", "conversation:c")
    hub.on_commit([(*HERE, 1, "x"), (*HERE, 2, "x"), (*other, 7, "x")], [], {("a", "b"): 3})
    assert bus.heads == [{HERE: 2, other: 7, ("a", "b"): 3}]
    hub.on_commit([], [], {})
    assert len(bus.heads) == 1
    hub.on_wake(Wake(node="other", heads=[(*HERE, 9)], frames=[Ephemeral(*HERE, "{}")]))
    # What came over the bus does not go back onto it.
    assert (len(bus.heads), bus.frames) == (1, [])


def test_a_receipt_says_what_was_delivered_and_what_was_read() -> None:
    sinks = [Sink(MIA), Sink(ADA), Sink(key=("other", "conversation:c"))]
    hub, _ = following(*sinks)
    bus = Announced()
    hub._bus = bus  # type: ignore[assignment]
    participant = ADA.principal.participant
    frame = ReceiptNotice(conversation_id="c", participant=participant, delivered=5, read=3)
    hub.on_commit([], [Notice("default", "conversation:c", frame)], {})
    for sink in sinks[:2]:
        (frame,) = sink.offered
        assert (frame["type"], frame["conversation_id"]) == ("receipt", "c")
        assert (frame["delivered"], frame["read"]) == (5, 3)
        assert frame["participant"]["id"] == "ada"
    assert sinks[2].offered == []
    assert [(frame.organization, frame.stream) for frame in bus.frames] == [HERE]


@pytest.mark.parametrize("agents_only", [False, True])
@pytest.mark.parametrize("exclude", [None, MIA, ADA])
def test_an_ephemeral_frame_is_for_those_who_belong_there(
    agents_only: bool, exclude: Actor | None
) -> None:
    hub = Hub(poll_interval=1.0)
    sinks = [Sink(MIA), Sink(TOM), Sink(ADA), Sink(ADA)]
    for sink in sinks:
        join(hub, sink)
    pending, elsewhere = Sink(ADA), Sink(ADA, key=("default", "conversation:d"))
    hub.attach(*HERE, pending)
    join(hub, elsewhere)
    key = None if exclude is None else exclude.sender_key
    hub.show(Ephemeral(*HERE, '{"n": 1}', agents_only=agents_only, exclude=key))
    for sink in sinks:
        expected = sink.actor is not exclude and (sink.actor is ADA or not agents_only)
        assert bool(sink.offered) == expected
    assert pending.offered == elsewhere.offered == []


def test_who_still_reads_is_not_handed_what_is_new() -> None:
    """It would come before what is older, which is still on its way from the database."""
    log, reader, other = Log(), Sink(), Sink(after=5)
    for _ in range(5):
        log.commit()
    hub = Hub(poll_interval=1.0)
    live, reading = join(hub, other), join(hub, reader)
    assert read(hub, log, live, other)
    assert not read(hub, log, reading, reader)
    hub.on_commit([(*HERE, log.commit(), event(HERE, 6))], [], {})
    assert (other.last, reader.last) == (6, 3)
    assert read(hub, log, reading, reader)
    hub.on_commit([(*HERE, log.commit(), event(HERE, 7))], [], {})
    assert (other.last, reader.last) == (7, 7)


def test_who_has_read_ahead_is_not_told_again() -> None:
    """The database has shown more than this process has heard of."""
    log, early, late = Log(), Sink(), Sink()
    hub = Hub(poll_interval=1.0)
    assert read(hub, log, join(hub, early), early)
    for _ in range(3):
        log.commit()
    assert read(hub, log, join(hub, late), late)
    for seq in (1, 2, 3):
        hub.on_commit([(*HERE, seq, event(HERE, seq))], [], {})
    assert (early.last, late.last) == (3, 3)
    hub.on_commit([(*HERE, log.commit(), event(HERE, 4))], [], {})
    assert (early.last, late.last) == (4, 4)


def test_a_page_that_says_there_is_more_is_followed_by_another_one() -> None:
    """Also where the channel could go on from there: the client waits for the last page."""
    log, early, late = Log(), Sink(), Sink()
    hub = Hub(poll_interval=1.0)
    assert read(hub, log, join(hub, early), early)
    for _ in range(log.page_size + 1):
        log.commit()
    subscription = join(hub, late)
    assert not read(hub, log, subscription, late)
    assert not subscription.live
    assert read(hub, log, subscription, late)


def test_a_long_poll_ends_with_an_event_and_not_because_somebody_types() -> None:
    async def play() -> None:
        hub, waiter = Hub(poll_interval=1.0), _Waiter(MIA)
        subscription = hub.attach(*HERE, waiter)
        subscription.admitted = True
        assert hub.splice(subscription, Log().page(HERE, 0))
        hub.show(Ephemeral(*HERE, "{}"))
        hub.show(Ephemeral(*HERE, "{}", agents_only=True))
        assert not waiter.heard.is_set()
        hub.on_commit([(*HERE, 1, event(HERE, 1))], [], {})
        assert waiter.heard.is_set()

    in_virtual_time(play())


def test_one_that_is_not_admitted_never_goes_live() -> None:
    hub, sink = Hub(poll_interval=1.0), Sink()
    subscription = hub.attach(*HERE, sink)
    with pytest.raises(AssertionError):
        hub.splice(subscription, Log().page(HERE, 0))
    hub.on_commit([(*HERE, 1, event(HERE, 1))], [], {})
    assert sink.last == 0


def test_what_a_channel_lacks() -> None:
    channel = Channel(HERE)
    channel.known = 5
    # Before the head was read once, nobody knows.
    assert (channel.behind, channel.lacks) == (False, 0)
    channel.skip_to(4)
    assert channel.delivered is None
    channel.delivered = 3
    assert (channel.behind, channel.lacks) == (True, 2)
    channel.deliver(7, "x")
    assert (channel.delivered, channel.known) == (3, 7)
    channel.deliver(5, "x")
    assert (channel.delivered, channel.known) == (3, 7)
    channel.deliver(4, "x")
    assert (channel.behind, channel.lacks) == (True, 3)
    channel.skip_to(2)
    assert channel.delivered == 4
    channel.skip_to(6)
    channel.deliver(7, "x")
    assert (channel.behind, channel.lacks, channel.known) == (False, 0, 7)
    channel.deliver(8, "x")
    assert (channel.known, channel.lacks) == (8, 0)
