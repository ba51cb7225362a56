"""The hub: who listens to which stream in this process, and how far each has been told.

Events come from the ledger of this process right after their commit, or from the database when
another process wrote them. Either way a channel hands them on strictly in order, and what it
is missing it reads. Handing on never waits for a socket.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

import msgspec
from msgspec import Struct

from campfire_chat.domain import streams
from campfire_chat.domain.principal import Scope
from campfire_chat.realtime import frames
from campfire_chat.realtime.bus import Bus, Ephemeral, Wake
from campfire_chat.storage.draft import Committed, Heads, Notice
from campfire_chat.storage.store import Store
from campfire_chat.storage.streams import PAGE_EVENTS, Page

logger = logging.getLogger("campfire_chat.realtime")

#: Portions of channels that catch up at the same time; each takes a reader for one query.
CATCH_UP = 8
#: Events that a stream may lack to be read together with others, and how many of these.
NEAR = 16
STREAMS_PER_QUERY = 200
#: Streams whose heads one query asks for.
HEADS_PER_QUERY = 500
#: Seconds between looks at the heads while the bus is ill.
ILL_POLL_INTERVAL = 0.25
#: Between two looks there is a pause of this many times what the last one took, within a second:
#: several processes whose bus is ill must not keep the database from everything else.
REST = 3.0
MAX_REST = 1.0
#: Seconds between looks that take in every stream, whether its inbox has moved or not.
FULL_LOOK = 10.0
#: Seconds before catching up is tried again after the database refused.
RETRY_DELAY = 0.5

Key = tuple[str, str]


class Sink(Protocol):
    """What takes frames: a socket or a waiting long poll. Taking one never blocks."""

    @property
    def scope(self) -> Scope: ...

    def push(self, text: str) -> None:
        """Take a frame that must not be missed."""
        ...

    def offer(self, text: str) -> None:
        """Take a frame that may be dropped."""
        ...


class Subscription:
    """One sink's place in one stream.

    Attributes:
        last: The last seq that was handed to the sink.
        live: Whether it takes events as they come; before that it is reading its way up.
    """

    __slots__ = ("channel", "last", "live", "sink")

    def __init__(self, channel: Channel, sink: Sink) -> None:
        self.channel = channel
        self.sink = sink
        self.last = 0
        self.live = False


class Channel:
    """A stream with listeners in this process.

    Attributes:
        delivered: The last seq handed on; None until the head has been read once.
        known: The highest seq heard of.
    """

    __slots__ = ("delivered", "key", "known", "subscriptions")

    def __init__(self, key: Key) -> None:
        self.key = key
        self.delivered: int | None = None
        self.known = 0
        self.subscriptions: set[Subscription] = set()

    @property
    def behind(self) -> bool:
        return self.delivered is not None and self.known > self.delivered

    @property
    def lacks(self) -> int:
        """How many events it has heard of and not handed on."""
        return 0 if self.delivered is None else max(0, self.known - self.delivered)

    def deliver(self, seq: int, text: str) -> None:
        """Hand on an event, if it is the next one; one from the past has been handed on."""
        if self.delivered is None or seq > self.delivered + 1:
            self.known = max(self.known, seq)
            return
        if seq <= self.delivered:
            return
        self.delivered = seq
        self.known = max(self.known, seq)
        for subscription in tuple(self.subscriptions):
            if subscription.live and seq > subscription.last:
                subscription.last = seq
                subscription.sink.push(text)

    def skip_to(self, seq: int) -> None:
        """Events up to ``seq`` are no longer kept; listeners notice the gap and start afresh."""
        if self.delivered is not None:
            self.delivered = max(self.delivered, seq)


class Hub:
    """See the module.

    Args:
        poll_interval: Seconds between looks at the heads, for wake-ups that were lost.
    """

    def __init__(self, *, poll_interval: float) -> None:
        self._poll_interval = poll_interval
        self._channels: dict[Key, Channel] = {}
        self._behind: set[Channel] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._store: Store | None = None
        self._bus: Bus | None = None
        #: The inboxes' heads at the last look.
        self._inboxes: dict[str, int] = {}
        self._full_look_due = 0.0

    async def start(self, store: Store, bus: Bus) -> None:
        self._store = store
        self._bus = bus
        self._tasks = [
            asyncio.create_task(self._catch_up(store), name="campfire-hub-catch-up"),
            asyncio.create_task(self._poll(store, bus), name="campfire-hub-poll"),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    # In.

    def on_commit(
        self, committed: Sequence[Committed], notices: Sequence[Notice], repeated: Heads
    ) -> None:
        """Events and marks of this process's ledger, right after they became durable.

        Of what is there already the readers may not have been told: whoever stored it never
        learnt that it was stored.
        """
        heads: dict[Key, int] = dict(repeated)
        for organization, name, seq, payload in committed:
            key = (organization, name)
            heads[key] = seq
            channel = self._channels.get(key)
            if channel is not None:
                channel.deliver(seq, payload)
                self._note(channel)
        for (organization, name), head in repeated.items():
            self._heard(organization, name, head)
        if heads and self._bus is not None:
            self._bus.announce(heads)
        for notice in notices:
            frame = frames.ReceiptNotice(
                conversation_id=notice.conversation_id,
                participant=notice.receipt.participant,
                delivered=notice.receipt.delivered,
                read=notice.receipt.read,
            )
            stream = streams.conversation(notice.conversation_id)
            self.show(Ephemeral(notice.organization, stream, frames.encode(frame)))

    def on_wake(self, wake: Wake) -> None:
        """A message of another process."""
        for organization, name, head in wake.heads:
            self._heard(organization, name, head)
        for frame in wake.frames:
            self.show_here(frame)

    def show(self, frame: Ephemeral) -> None:
        """Show an ephemeral frame to a stream's listeners, in every process."""
        self.show_here(frame)
        if self._bus is not None:
            self._bus.send(frame)

    def show_here(self, frame: Ephemeral) -> None:
        channel = self._channels.get((frame.organization, frame.stream))
        if channel is None:
            return
        for subscription in tuple(channel.subscriptions):
            scope = subscription.sink.scope
            if frame.agents_only and not scope.is_agent:
                continue
            if frame.exclude is not None and scope.sender_key == frame.exclude:
                continue
            subscription.sink.offer(frame.text)

    def _heard(self, organization: str, name: str, head: int) -> None:
        channel = self._channels.get((organization, name))
        if channel is not None and head > channel.known:
            channel.known = head
            self._note(channel)

    def _note(self, channel: Channel) -> None:
        if channel.behind:
            self._behind.add(channel)
            self._wake.set()

    # Out.

    def attach(self, organization: str, name: str, sink: Sink) -> Subscription:
        """Begin to hear of a stream that the sink was authorized for; the first step of
        subscribing, before the database is read, so that nothing falls in between."""
        key = (organization, name)
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = Channel(key)
        subscription = Subscription(channel, sink)
        channel.subscriptions.add(subscription)
        return subscription

    def detach(self, subscription: Subscription) -> None:
        channel = subscription.channel
        channel.subscriptions.discard(subscription)
        if not channel.subscriptions and self._channels.get(channel.key) is channel:
            del self._channels[channel.key]
            self._behind.discard(channel)

    def splice(self, subscription: Subscription, page: Page) -> bool:
        """Account for a page that was read for a subscription; True once it is live.

        It goes live when it has read at least as far as the channel has handed on: from there
        the channel continues, without a gap and without a repetition.
        """
        channel = subscription.channel
        if page.events:
            subscription.last = page.events[-1][0]
        if channel.delivered is None:
            channel.delivered = page.head
            channel.known = max(channel.known, page.head)
            self._note(channel)
        if page.more or channel.delivered > subscription.last:
            return False
        subscription.live = True
        return True

    def streams_of(self, kind: str) -> list[Key]:
        """Streams of a kind that have listeners here."""
        return [key for key in self._channels if key[1].startswith(f"{kind}:")]

    # Looking after it.

    async def _catch_up(self, store: Store) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._behind:
                portions = self._portions()
                results = await asyncio.gather(
                    *(self._read(store, channels) for channels in portions), return_exceptions=True
                )
                failed = [
                    (channels, result)
                    for channels, result in zip(portions, results, strict=True)
                    if isinstance(result, Exception)
                ]
                if failed:
                    logger.warning("streams could not be read, again shortly: %s", failed[0][1])
                    for channels, _ in failed:
                        self._behind.update(channels)
                    await asyncio.sleep(RETRY_DELAY)

    def _portions(self) -> list[list[Channel]]:
        """What is behind, as portions that are read at the same time, each with one query.

        Most lack what another process has just written: an event or two each, of many streams.
        """
        near: dict[str, list[Channel]] = {}
        portions: list[list[Channel]] = []
        while self._behind and len(portions) + len(near) < CATCH_UP:
            channel = self._behind.pop()
            if channel.lacks > NEAR:
                portions.append([channel])
                continue
            some = near.setdefault(channel.key[0], [])
            some.append(channel)
            if len(some) == STREAMS_PER_QUERY:
                portions.append(near.pop(channel.key[0]))
        return portions + list(near.values())

    async def _read(self, store: Store, channels: list[Channel]) -> None:
        if len(channels) > 1:
            organization = channels[0].key[0]
            by_name = {channel.key[1]: channel for channel in channels}
            depth = max(channel.lacks for channel in channels)
            if depth > 0:
                for name, seq, text in await store.newest_events(organization, [*by_name], depth):
                    by_name[name].deliver(seq, text)
        # One that has grown by more meanwhile, or was alone from the beginning.
        for channel in channels:
            await self._read_on(store, channel)

    async def _read_on(self, store: Store, channel: Channel) -> None:
        organization, name = channel.key
        while channel.behind and channel.subscriptions and channel.delivered is not None:
            after = channel.delivered
            page = await store.stream_page(organization, name, after)
            if page.first > after + 1:
                channel.skip_to(page.first - 1)
            for seq, text in page.events:
                channel.deliver(seq, text)
            if not page.events:
                # Heard of more than there is: the wake-up was of another life of the database.
                channel.known = channel.delivered or 0
                return

    async def _poll(self, store: Store, bus: Bus) -> None:
        loop = asyncio.get_running_loop()
        took = 0.0
        while True:
            await self._pause(bus, at_least=min(REST * took, MAX_REST))
            began = loop.time()
            try:
                await self._look(store, everything=began >= self._full_look_due)
            except Exception:
                logger.warning("the heads could not be read, again shortly", exc_info=True)
            took = loop.time() - began

    async def _pause(self, bus: Bus, *, at_least: float) -> None:
        """Wait until it is time for a look, which comes sooner once the bus has fallen ill."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            interval = self._poll_interval
            if not bus.well:
                interval = min(interval, ILL_POLL_INTERVAL)
            left = began + max(interval, at_least) - loop.time()
            if left <= 0:
                return
            await asyncio.sleep(min(left, ILL_POLL_INTERVAL))

    async def _look(self, store: Store, *, everything: bool) -> None:
        """Look how far the streams have grown.

        Nothing changes in an organisation without its inbox saying so, in the same transaction.
        So what a quiet moment costs is one query, however many streams have listeners here, and
        what a busy one costs depends on what has changed.
        """
        if everything:
            self._full_look_due = asyncio.get_running_loop().time() + FULL_LOOK
        organizations = sorted({organization for organization, _ in self._channels})
        for start in range(0, len(organizations), HEADS_PER_QUERY):
            some = organizations[start : start + HEADS_PER_QUERY]
            found = await store.inbox_heads(some)
            heads = {organization: found.get(organization, 0) for organization in some}
            moved = {
                organization: head
                for organization, head in heads.items()
                if everything or head != self._inboxes.get(organization)
            }
            # Only now: who subscribes later reads the database later.
            names: dict[str, list[str]] = {organization: [] for organization in moved}
            for organization, name in self._channels if moved else ():
                if organization in names:
                    names[organization].append(name)
            for organization, head in moved.items():
                before = None if everything else self._inboxes.get(organization)
                changed = await _changed(store, organization, before, head)
                wanted = names[organization]
                if changed is not None:
                    wanted = [name for name in wanted if name in changed]
                await self._read_heads(store, organization, wanted)
                self._inboxes[organization] = head
        here = set(organizations)
        self._inboxes = {name: head for name, head in self._inboxes.items() if name in here}

    async def _read_heads(self, store: Store, organization: str, names: list[str]) -> None:
        for start in range(0, len(names), HEADS_PER_QUERY):
            found = await store.stream_heads(organization, names[start : start + HEADS_PER_QUERY])
            for name, head in found.items():
                self._heard(organization, name, head)


class _About(Struct):
    id: str


class _InboxEvent(Struct):
    """What is needed of an inbox event: the conversation."""

    data: _About


_inbox_event = msgspec.json.Decoder(_InboxEvent).decode


async def _changed(
    store: Store, organization: str, before: int | None, head: int
) -> set[str] | None:
    """The streams that an inbox's events name; None when that is more than one page of them."""
    if before is None or not 0 < head - before <= PAGE_EVENTS:
        return None
    inbox = streams.inbox(organization)
    page = await store.stream_page(organization, inbox, before)
    if page.more or page.first > before + 1:
        return None
    names = {inbox}
    for _, text in page.events:
        conversation_id = _inbox_event(text).data.id
        names |= {streams.conversation(conversation_id), streams.notes(conversation_id)}
    return names
