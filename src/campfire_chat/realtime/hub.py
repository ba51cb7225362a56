"""The hub: which sockets subscribe to which stream in this process, and how far it was delivered.

Events come from the ledger of this process right after their commit, or from the database when
another process wrote them. Either way a channel delivers them strictly in order, and reads the
events that it lacks. Delivery never waits for a socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from campfire_chat.ledger.event_log import StreamPage
from campfire_chat.ledger.storage import Storage
from campfire_chat.ledger.write_batch import Committed, Heads, Notice
from campfire_chat.realtime import frames
from campfire_chat.realtime.bus import Bus, Ephemeral, Wake
from campfire_chat.realtime.catch_up import CatchUp
from campfire_chat.realtime.channels import Channel, Key, Sink, Subscription
from campfire_chat.realtime.head_poller import HeadPoller

#: What the other processes are told over the bus when somebody may see less.
ACCESS = "access"


class Hub:
    """See the module.

    Args:
        poll_interval: Seconds between looks at the heads, in case wake-ups were lost.
    """

    def __init__(self, *, poll_interval: float) -> None:
        self._channels: dict[Key, Channel] = {}
        self._catch_up = CatchUp()
        self._head_poller = HeadPoller(
            self._channels,
            self._heard,
            poll_interval=poll_interval,
        )
        #: Sends a frame to all visitors of an organisation who are connected here.
        self.tell_visitors: Callable[[str, str], None] = _nobody
        #: Checks the subscriptions of an organisation's sockets here again.
        self.check_sockets: Callable[[str], None] = _unchecked
        #: How often they had to be. Who was admitted before may have to be asked about again.
        self.access_changes = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._bus: Bus | None = None

    async def start(self, storage: Storage, bus: Bus) -> None:
        self._bus = bus
        self._tasks = [
            asyncio.create_task(self._catch_up.run(storage), name="campfire-hub-catch-up"),
            asyncio.create_task(
                self._head_poller.run(storage, bus), name="campfire-hub-head-poller"
            ),
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
        """Events and notices of the ledger of this process, right after their commit.

        A repeated write may not have been delivered yet: the process that stored it may not have
        learned that it was committed.
        """
        heads: dict[Key, int] = dict(repeated)
        for organization, name, seq, payload in committed:
            key = (organization, name)
            heads[key] = seq
            channel = self._channels.get(key)
            if channel is not None:
                channel.deliver(seq, payload)
                self._catch_up.note(channel)
        for (organization, name), head in repeated.items():
            self._heard(organization, name, head)
        if heads and self._bus is not None:
            self._bus.announce(heads)
        for notice in notices:
            text = frames.encode(notice.frame)
            self.show(Ephemeral(notice.organization, notice.stream, text))

    def on_wake(self, wake: Wake) -> None:
        """Handle a message of another process."""
        for organization, name, head in wake.heads:
            self._heard(organization, name, head)
        for frame in wake.frames:
            self.show_here(frame)

    def show(self, frame: Ephemeral) -> None:
        """Send an ephemeral frame to the subscribers of a stream, in every process."""
        self.show_here(frame)
        if self._bus is not None:
            self._bus.send(frame)

    def check_access(self, organization: str) -> None:
        """Have subscriptions checked again, in every process, because what somebody may see has
        changed."""
        self.access_changed(organization)
        if self._bus is not None:
            self._bus.signal(ACCESS, organization)

    def access_changed(self, organization: str) -> None:
        """Have subscriptions checked again in this process."""
        self.access_changes += 1
        self.check_sockets(organization)

    def show_here(self, frame: Ephemeral) -> None:
        channel = self._channels.get((frame.organization, frame.stream))
        if channel is None:
            return
        for subscription in tuple(channel.subscriptions):
            if not subscription.admitted:
                continue
            actor = subscription.sink.actor
            if frame.agents_only and not actor.is_agent:
                continue
            if frame.exclude is not None and actor.sender_key == frame.exclude:
                continue
            subscription.sink.offer(frame.text)

    def _heard(self, organization: str, name: str, head: int) -> None:
        channel = self._channels.get((organization, name))
        if channel is not None and head > channel.known:
            channel.known = head
            self._catch_up.note(channel)

    # Out.

    def attach(self, organization: str, name: str, sink: Sink) -> Subscription:
        """Begin to collect events of a stream: the first step of a subscription, before the
        database is read, so that no event is missed.

        Nothing is delivered to the sink before the subscription is
        :attr:`~campfire_chat.realtime.channels.Subscription.admitted`.
        """
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
            self._catch_up.forget(channel)

    def splice(self, subscription: Subscription, page: StreamPage) -> bool:
        """Note a page that was read for a subscription. True when the subscription is live.

        It becomes live when it has read at least as far as the channel has delivered. From there
        the channel continues, without a gap and without a repetition.
        """
        if not subscription.admitted:
            raise AssertionError("a subscription goes live before its sink was authorized")
        channel = subscription.channel
        if page.events:
            subscription.last = page.events[-1][0]
        if channel.delivered is None:
            channel.delivered = page.head
            channel.known = max(channel.known, page.head)
            self._catch_up.note(channel)
        if page.more or channel.delivered > subscription.last:
            return False
        subscription.live = True
        return True

    def streams_of(self, kind: str) -> list[Key]:
        """Streams of a kind that have subscribers here."""
        return [key for key in self._channels if key[1].startswith(f"{kind}:")]


def _unchecked(organization: str) -> None:
    """Does nothing, before the gateway asks to be called."""


def _nobody(organization: str, text: str) -> None:
    """Does nothing, before there are sockets."""
