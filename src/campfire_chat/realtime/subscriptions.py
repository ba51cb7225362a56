"""The streams that one socket listens to: joining, replaying, leaving."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Literal, NamedTuple

from campfire_chat.domain import streams
from campfire_chat.errors import InvalidError, TooManyError, UnavailableError
from campfire_chat.realtime import frames
from campfire_chat.realtime.channels import Subscription
from campfire_chat.storage.streams import Page

if TYPE_CHECKING:
    from campfire_chat.realtime.gateway import Gateway
    from campfire_chat.realtime.socket import Socket

logger = logging.getLogger("campfire_chat.realtime")

ResetReason = Literal["epoch", "ahead", "pruned"]


class _Replay(NamedTuple):
    """A stream that is still reading its way up, and where its client said it was."""

    name: str
    subscription: Subscription
    after: int
    epoch: str | None


class Subscriptions:
    """See the module.

    Replays take turns, a page at a time, and only while the socket keeps up: however far behind a
    client is on however many streams, one page of it is in memory.
    """

    __slots__ = ("_by_name", "_gateway", "_replays", "_socket", "_task")

    def __init__(self, socket: Socket, gateway: Gateway) -> None:
        self._socket = socket
        self._gateway = gateway
        self._by_name: dict[str, Subscription] = {}
        self._replays: deque[_Replay] | None = None
        self._task: asyncio.Task[None] | None = None

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    async def join(self, name: str) -> int:
        """Begin to listen, and say where the stream's head is.

        Listen first, then read: nothing can fall in between. Nothing is handed on before
        :meth:`replay`.

        Raises:
            NotFoundError: No such stream, or not one that the caller may see.
            TooManyError: The socket listens to too many streams.
            InvalidError: It listens to this one already.
        """
        gateway, scope = self._gateway, self._socket.scope
        if len(self._by_name) >= gateway.settings.max_subscriptions:
            raise TooManyError("This connection has too many subscriptions.")
        if name in self._by_name:
            raise InvalidError("The stream is subscribed to already.", field="stream")
        subscription = gateway.hub.attach(scope.organization, name, self._socket)
        try:
            head = await gateway.store.authorize_stream(scope, name)
        except BaseException:
            gateway.hub.detach(subscription)
            raise
        subscription.admitted = True
        self._by_name[name] = subscription
        stream = streams.parse(name)
        if stream.kind == "conversation":
            gateway.presence.open_conversation(scope, stream.subject)
        return head

    def replay(self, name: str, *, after: int, epoch: str | None, head: int) -> None:
        """Hand on everything after ``after``, and from then on what comes.

        Args:
            head: What :meth:`join` said.
        """
        subscription = self._by_name[name]
        subscription.last = after
        if after == head and epoch in (None, self._gateway.store.epoch):
            # There was nothing to read when we already listened; most who come are up to date.
            page = Page(events=[], head=head, first=after + 1, more=False)
            if self._gateway.hub.splice(subscription, page):
                return
        if self._replays is None:
            self._replays = deque()
        self._replays.append(_Replay(name, subscription, after, epoch))
        if self._task is None:
            self._task = asyncio.create_task(self._take_turns())
            self._task.add_done_callback(self._ended)

    def leave(self, name: str) -> None:
        """Stop listening; nothing if the socket does not."""
        subscription = self._by_name.pop(name, None)
        if subscription is None:
            return
        self._gateway.hub.detach(subscription)
        stream = streams.parse(name)
        if stream.kind == "conversation":
            scope = self._socket.scope
            self._gateway.presence.close_conversation(scope, stream.subject)
            self._gateway.typing.set(scope, stream.subject, active=False)

    def leave_all(self) -> None:
        if self._task is not None:
            self._task.cancel()
        for name in list(self._by_name):
            self.leave(name)

    def heads(self) -> dict[str, int]:
        """How far every stream that is live has been handed on."""
        return {
            name: subscription.channel.delivered
            for name, subscription in self._by_name.items()
            if subscription.live and subscription.channel.delivered is not None
        }

    async def _take_turns(self) -> None:
        try:
            while self._replays:
                await self._socket.outlet.room()
                replay = self._replays.popleft()
                if await self._turn(replay):
                    self._replays.append(replay)
        finally:
            self._replays = None
            # In the same breath as the last look at the queue, so that nobody who adds to it later
            # takes this task for one that will see it.
            self._task = None

    async def _turn(self, replay: _Replay) -> bool:
        """Read a page and hand it on; whether there is more to read."""
        name, subscription, after, epoch = replay
        gateway, outlet = self._gateway, self._socket.outlet
        if self._by_name.get(name) is not subscription:
            return False
        begun = subscription.last
        page = await gateway.store.stream_page(self._socket.scope.organization, name, begun)
        if self._by_name.get(name) is not subscription:
            # Left, and perhaps joined anew, meanwhile.
            return False
        current = gateway.store.epoch
        claimed = epoch if begun == after else None
        reason = reset_reason(page, after=begun, epoch=claimed, current=current)
        if reason is not None:
            self.leave(name)
            reset = frames.Reset(stream=name, epoch=current, head=page.head, reason=reason)
            outlet.push_frame(reset)
            return False
        if page.events:
            outlet.push(events_text(name, page))
        return not gateway.hub.splice(subscription, page)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            # The client resumes by itself; staying half-subscribed would leave it stale.
            logger.warning("a replay could not be finished: %s", task.exception())
            self._socket.close(UnavailableError.close_code or 1013, UnavailableError.code)


def reset_reason(page: Page, *, after: int, epoch: str | None, current: str) -> ResetReason | None:
    """Why a client cannot go on from where it was, if it cannot."""
    if epoch is not None and epoch != current:
        return "epoch"
    if after > page.head:
        return "ahead"
    if page.first > after + 1:
        return "pruned"
    return None


def events_text(name: str, page: Page) -> str:
    """An ``events`` frame around events that are text already."""
    events = ",".join(text for _, text in page.events)
    more = "true" if page.more else "false"
    stream = frames.encode_value(name)
    return f'{{"type":"events","stream":{stream},"events":[{events}],"more":{more}}}'
