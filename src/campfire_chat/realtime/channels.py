"""Streams with subscribers in this process, and how far each was delivered."""

from __future__ import annotations

from typing import Protocol

from campfire_chat.access.actor import Actor
from campfire_chat.ledger import streams
from campfire_chat.ledger.screening import screened

#: An organisation and the name of a stream.
Key = tuple[str, str]


class Sink(Protocol):
    """A receiver of frames: a socket or a waiting long poll. Receiving never blocks."""

    @property
    def actor(self) -> Actor: ...

    def push(self, text: str) -> None:
        """Receive a frame that must not be lost."""
        ...

    def offer(self, text: str) -> None:
        """Receive a frame that may be dropped."""
        ...


class Subscription:
    """The position of one sink in one stream.

    Attributes:
        admitted: Whether its sink may hear the stream. It is attached before the database has
            said so, lest an event falls in between; until then it is handed nothing at all.
        last: The last seq that was delivered to the sink.
        live: Whether it receives new events directly. Before that it reads past events.
        labels: The labels of an agent who may not see every event of this stream; None for
            everybody else.
    """

    __slots__ = ("admitted", "channel", "labels", "last", "live", "sink")

    def __init__(self, channel: Channel, sink: Sink) -> None:
        self.channel = channel
        self.sink = sink
        screened = streams.parse(channel.key[1]).kind in streams.SCREENED
        self.labels = sink.actor.labels if screened else None
        self.admitted = False
        self.last = 0
        self.live = False


class Channel:
    """A stream with subscribers in this process.

    Attributes:
        delivered: The last seq delivered. None until the head was read once.
        known: The highest seq that is known.
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
        """The number of known events that were not delivered yet."""
        return 0 if self.delivered is None else max(0, self.known - self.delivered)

    def deliver(self, seq: int, text: str) -> None:
        """Deliver an event if it is the next one. Earlier ones were delivered already."""
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
                labels = subscription.labels
                subscription.sink.push(text if labels is None else screened(text, labels))

    def skip_to(self, seq: int) -> None:
        """Events up to ``seq`` are no longer stored. Clients notice the gap and load a snapshot."""
        if self.delivered is not None:
            self.delivered = max(self.delivered, seq)
