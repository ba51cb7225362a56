"""The streams that one socket listens to: joining, replaying, leaving."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Literal

from campfire_chat.domain import streams
from campfire_chat.errors import InvalidError, TooManyError, UnavailableError
from campfire_chat.realtime import frames
from campfire_chat.realtime.hub import Subscription
from campfire_chat.storage.streams import Page

if TYPE_CHECKING:
    from campfire_chat.realtime.gateway import Gateway
    from campfire_chat.realtime.socket import Socket

logger = logging.getLogger("campfire_chat.realtime")

ResetReason = Literal["epoch", "ahead", "pruned"]


class Subscriptions:
    """See the module."""

    def __init__(self, socket: Socket, gateway: Gateway) -> None:
        self._socket = socket
        self._gateway = gateway
        self._by_name: dict[str, Subscription] = {}
        self._replays: dict[str, asyncio.Task[None]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    async def join(self, name: str, after: int | None) -> Page:
        """Begin to listen, and read the first page after ``after`` (None: after the head).

        Listen first, then read: nothing can fall in between.

        Raises:
            NotFoundError: No such stream, or not one that the caller may see.
            TooManyError: The socket listens to too many streams.
        """
        gateway, scope = self._gateway, self._socket.scope
        if len(self._by_name) >= gateway.settings.max_subscriptions:
            raise TooManyError("This connection has too many subscriptions.")
        if name in self._by_name:
            raise InvalidError("The stream is subscribed to already.", field="stream")
        await gateway.store.authorize_stream(scope, name)
        subscription = gateway.hub.attach(scope.organization, name, self._socket)
        try:
            if after is None:
                heads = await gateway.store.stream_heads(scope.organization, [name])
                after = heads.get(name, 0)
            subscription.last = after
            page = await gateway.store.stream_page(scope.organization, name, after)
        except BaseException:
            gateway.hub.detach(subscription)
            raise
        self._by_name[name] = subscription
        stream = streams.parse(name)
        if stream.kind == "conversation":
            gateway.presence.open_conversation(scope, stream.subject)
        return page

    def replay(self, name: str, page: Page, *, after: int, epoch: str | None) -> None:
        """Send what :meth:`join` read, and go on reading in the background where there is more."""
        gateway, subscription = self._gateway, self._by_name[name]
        reason = reset_reason(page, after=after, epoch=epoch, current=gateway.store.epoch)
        if reason is not None:
            self.leave(name)
            reset = frames.Reset(
                stream=name, epoch=gateway.store.epoch, head=page.head, reason=reason
            )
            self._socket.push(frames.encode(reset))
            return
        self._push(name, page)
        if not gateway.hub.splice(subscription, page):
            task = asyncio.create_task(self._read_on(name, subscription))
            self._replays[name] = task
            task.add_done_callback(partial(self._read, name))

    def leave(self, name: str) -> None:
        """Stop listening; nothing if the socket does not."""
        subscription = self._by_name.pop(name, None)
        replay = self._replays.pop(name, None)
        if replay is not None:
            replay.cancel()
        if subscription is None:
            return
        self._gateway.hub.detach(subscription)
        stream = streams.parse(name)
        if stream.kind == "conversation":
            self._gateway.presence.close_conversation(self._socket.scope, stream.subject)

    def leave_all(self) -> None:
        for name in list(self._by_name):
            self.leave(name)

    def heads(self) -> dict[str, int]:
        """How far every stream that is live has been handed on."""
        return {
            name: subscription.channel.delivered
            for name, subscription in self._by_name.items()
            if subscription.live and subscription.channel.delivered is not None
        }

    async def _read_on(self, name: str, subscription: Subscription) -> None:
        organization = self._socket.scope.organization
        while True:
            await self._socket.outlet.room()
            page = await self._gateway.store.stream_page(organization, name, subscription.last)
            self._push(name, page)
            if self._gateway.hub.splice(subscription, page):
                return

    def _read(self, name: str, task: asyncio.Task[None]) -> None:
        if self._replays.get(name) is task:
            del self._replays[name]
        if task.cancelled() or task.exception() is None:
            return
        # The client resumes by itself; staying half-subscribed would leave it stale.
        logger.warning("a replay could not be finished: %s", task.exception())
        self._socket.close(UnavailableError.close_code or 1013, UnavailableError.code)

    def _push(self, name: str, page: Page) -> None:
        if page.events:
            self._socket.push(events_text(name, page))


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
