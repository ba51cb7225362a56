"""The subscriptions of one socket: joining, replaying, leaving."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Literal, NamedTuple, Protocol

from campfire_chat.access.actor import Actor
from campfire_chat.core.errors import InvalidError, TooManyError, UnavailableError
from campfire_chat.ledger import streams
from campfire_chat.ledger.event_log import StreamPage
from campfire_chat.ledger.storage import Storage
from campfire_chat.ledger.streams import Stream
from campfire_chat.realtime import frames
from campfire_chat.realtime.channels import Sink, Subscription
from campfire_chat.realtime.hub import Hub
from campfire_chat.realtime.sockets.send_queue import SendQueue

logger = logging.getLogger("campfire_chat.realtime")

ResetReason = Literal["epoch", "ahead", "pruned"]


class _Replay(NamedTuple):
    """A subscription that still replays, and the position that the client named."""

    name: str
    subscription: Subscription
    after: int
    epoch: str | None


class Subscriber(Sink, Protocol):
    """The socket that subscribes."""

    send_queue: SendQueue

    def close(self, code: int, reason: str = "") -> None:
        """Close the connection."""


class Listener(Protocol):
    """Is told which streams are opened and left."""

    def joined(self, actor: Actor, stream: Stream) -> None: ...

    def left(self, actor: Actor, stream: Stream) -> None: ...


class Subscriptions:
    """See the module.

    Replays run one after another, a page at a time, and only while the socket keeps up. So only
    one page is in memory, however far behind a client is and on however many streams.
    """

    __slots__ = (
        "_by_name",
        "_hub",
        "_listener",
        "_most",
        "_replays",
        "_socket",
        "_storage",
        "_task",
    )

    def __init__(
        self, socket: Subscriber, *, storage: Storage, hub: Hub, listener: Listener, most: int
    ) -> None:
        self._socket = socket
        self._storage = storage
        self._hub = hub
        self._listener = listener
        self._most = most
        self._by_name: dict[str, Subscription] = {}
        self._replays: deque[_Replay] | None = None
        self._task: asyncio.Task[None] | None = None

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    async def join(self, name: str) -> int:
        """Begin a subscription, and return the head of the stream.

        It first collects live events and then reads, so that no event is missed. Nothing is
        delivered before :meth:`replay`.

        Raises:
            NotFoundError: No such stream, or not one that the caller may see.
            TooManyError: The socket has too many subscriptions.
            InvalidError: It subscribes to this stream already.
        """
        actor = self._socket.actor
        if len(self._by_name) >= self._most:
            raise TooManyError("This connection has too many subscriptions.")
        if name in self._by_name:
            raise InvalidError("This stream is already subscribed to.", field="stream")
        subscription = self._hub.attach(actor.organization, name, self._socket)
        try:
            while True:
                changes = self._hub.access_changes
                head = await self._storage.authorize_stream(actor, name)
                if actor.labels is None or self._hub.access_changes == changes:
                    break
        except BaseException:
            self._hub.detach(subscription)
            raise
        subscription.admitted = True
        self._by_name[name] = subscription
        self._listener.joined(actor, streams.parse(name))
        return head

    def replay(self, name: str, *, after: int, epoch: str | None, head: int) -> None:
        """Deliver all events after ``after``, and then new events.

        Args:
            head: The result of :meth:`join`.
        """
        subscription = self._by_name[name]
        subscription.last = after
        if after == head and epoch in (None, self._storage.epoch):
            # There is nothing to read, as for most clients.
            page = StreamPage(events=[], head=head, first=after + 1, more=False)
            if self._hub.splice(subscription, page):
                return
        if self._replays is None:
            self._replays = deque()
        self._replays.append(_Replay(name, subscription, after, epoch))
        if self._task is None:
            self._task = asyncio.create_task(self._take_turns())
            self._task.add_done_callback(self._ended)

    def leave(self, name: str) -> None:
        """End a subscription. Does nothing if there is none."""
        subscription = self._by_name.pop(name, None)
        if subscription is None:
            return
        self._hub.detach(subscription)
        self._listener.left(self._socket.actor, streams.parse(name))

    @property
    def names(self) -> list[str]:
        return list(self._by_name)

    def revoke(self, name: str) -> None:
        """End a subscription to a stream that the caller may not see any more, and tell the client
        to load a snapshot, which shows what is left."""
        if name not in self._by_name:
            return
        self.leave(name)
        reset = frames.Reset(stream=name, epoch=self._storage.epoch, head=0, reason="access")
        self._socket.send_queue.push_frame(reset)

    def leave_all(self) -> None:
        if self._task is not None:
            self._task.cancel()
        for name in list(self._by_name):
            self.leave(name)

    def heads(self) -> dict[str, int]:
        """The last delivered seq of every live subscription."""
        return {
            name: subscription.channel.delivered
            for name, subscription in self._by_name.items()
            if subscription.live and subscription.channel.delivered is not None
        }

    async def _take_turns(self) -> None:
        try:
            while self._replays:
                await self._socket.send_queue.room()
                replay = self._replays.popleft()
                if await self._turn(replay):
                    self._replays.append(replay)
        finally:
            self._replays = None
            # No pause after the last look at the queue: a later subscription must start a task.
            self._task = None

    async def _turn(self, replay: _Replay) -> bool:
        """Read and deliver a page. Return whether there is more to read."""
        name, subscription, after, epoch = replay
        send_queue = self._socket.send_queue
        if self._by_name.get(name) is not subscription:
            return False
        begun = subscription.last
        page = await self._storage.stream_page_for(self._socket.actor, name, begun)
        if self._by_name.get(name) is not subscription:
            # Ended meanwhile, and perhaps begun again.
            return False
        current = self._storage.epoch
        claimed = epoch if begun == after else None
        reason = reset_reason(page, after=begun, epoch=claimed, current=current)
        if reason is not None:
            self.leave(name)
            reset = frames.Reset(stream=name, epoch=current, head=page.head, reason=reason)
            send_queue.push_frame(reset)
            return False
        if page.events:
            send_queue.push(events_text(name, page))
        return not self._hub.splice(subscription, page)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            # The client resumes by itself. Half-subscribed, it would keep an old state.
            logger.warning("a replay could not be finished: %s", task.exception())
            self._socket.close(UnavailableError.close_code or 1013, UnavailableError.code)


def reset_reason(
    page: StreamPage, *, after: int, epoch: str | None, current: str
) -> ResetReason | None:
    """The reason why a client cannot continue from its position, or None."""
    if epoch is not None and epoch != current:
        return "epoch"
    if after > page.head:
        return "ahead"
    if page.first > after + 1:
        return "pruned"
    return None


def events_text(name: str, page: StreamPage) -> str:
    """An ``events`` frame for events that are text already."""
    events = ",".join(text for _, text in page.events)
    more = "true" if page.more else "false"
    stream = frames.encode_value(name)
    return f'{{"type":"events","stream":{stream},"events":[{events}],"more":{more}}}'
