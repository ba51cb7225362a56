"""Streams with listeners in this process, and how far each has been told."""

from __future__ import annotations

from typing import Protocol

from campfire_chat.domain.principal import Scope

#: An organisation and the name of a stream.
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
        admitted: Whether its sink may hear the stream. It is attached before the database has
            said so, lest an event falls in between; until then it is handed nothing at all.
        last: The last seq that was handed to the sink.
        live: Whether it takes events as they come; before that it is reading its way up.
    """

    __slots__ = ("admitted", "channel", "last", "live", "sink")

    def __init__(self, channel: Channel, sink: Sink) -> None:
        self.channel = channel
        self.sink = sink
        self.admitted = False
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
