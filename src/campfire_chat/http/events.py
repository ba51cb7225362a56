"""Streams over HTTP: replay, and long polls where WebSockets are blocked."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, structs

from campfire_chat.access.actor import Actor
from campfire_chat.access.errors import TokenExpiredError
from campfire_chat.access.identity import bearer_token
from campfire_chat.access.permissions import Access
from campfire_chat.core.errors import NotFoundError, UnavailableError
from campfire_chat.http.endpoints import Call, Endpoint, Reply
from campfire_chat.http.pagination import Limit
from campfire_chat.ledger.event_log import StreamPage
from campfire_chat.ledger.events import EventFrame
from campfire_chat.realtime.frames import Seq
from campfire_chat.realtime.sockets.subscriptions import ResetReason, reset_reason

#: Longest wait of a long poll in seconds. Proxies cut off longer requests.
MAX_WAIT = 30


class EventList(Struct, frozen=True, kw_only=True):
    """``wait`` is the number of seconds to wait for an event when there is none yet."""

    after: Seq = 0
    wait: Annotated[float, Meta(ge=0, le=MAX_WAIT)] = 0
    limit: Limit = 100
    epoch: Annotated[str, Meta(max_length=64)] | None = None


class EventPage(Struct, frozen=True, kw_only=True):
    """``reset`` is set when the caller cannot continue from ``after`` and needs a snapshot.

    A caller by session who had to wait gets ``more`` without ``events`` when there are some: the
    session may have ended meanwhile, which the next request shows.
    """

    stream: str
    epoch: str
    head: int
    events: list[EventFrame]
    more: bool
    reset: Literal["epoch", "ahead", "pruned"] | None = None


class _Raw(Struct):
    stream: str
    epoch: str
    head: int
    events: list[msgspec.Raw]
    more: bool
    reset: ResetReason | None = None


class _Waiter:
    """A subscriber that waits for one event only."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self.heard = asyncio.Event()

    @property
    def actor(self) -> Actor:
        return self._actor

    def push(self, text: str) -> None:
        self.heard.set()

    def offer(self, text: str) -> None:
        """Does nothing: a long poll returns events only."""


async def list_events(call: Call) -> Reply:
    query: EventList = call.query
    name = call.path["stream"]
    organization = call.actor.organization
    storage, hub = call.storage, call.context.hub
    await storage.authorize_stream(call.actor, name)
    waiter = _Waiter(call.actor)
    subscription = hub.attach(organization, name, waiter)
    subscription.admitted = True
    try:
        subscription.last = query.after
        page = await storage.stream_page_for(call.actor, name, query.after, query.limit)
        reason = _reason(page, query, storage.epoch)
        if reason is None and query.wait and not page.events and hub.splice(subscription, page):
            if call.context.gateway.draining.refusing:
                raise UnavailableError("The service is restarting.", retry_after=1.0)
            with call.context.admission.polling(call.caller):
                await _wait(waiter, query.wait, call)
            await _check_again(call)
            if call.by_session:
                # It may have ended meanwhile, which only a new request can tell.
                page = structs.replace(page, more=waiter.heard.is_set())
            else:
                page = await storage.stream_page_for(call.actor, name, query.after, query.limit)
    finally:
        hub.detach(subscription)
    return Reply(_answer(page, name, query, storage.epoch))


async def _check_again(call: Call) -> None:
    """
    Raises:
        TokenExpiredError: The caller's token has ended while they waited.
        TokenInvalidError: The caller's API key was revoked while they waited.
    """
    if call.credentials is not None and call.credentials.api_key is not None:
        await call.context.authentication.credentials(call.request, bearer_token(call.request))
    elif call.credentials is not None and call.context.authentication.tokens.expired(
        call.credentials
    ):
        raise TokenExpiredError()


async def _wait(waiter: _Waiter, seconds: float, call: Call) -> None:
    """Wait until there is an event, the time is over, or the process drains."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not waiter.heard.is_set() and not call.context.gateway.draining.refusing:
        left = deadline - loop.time()
        if left <= 0:
            return
        try:
            async with asyncio.timeout(min(left, 1.0)):
                await waiter.heard.wait()
        except TimeoutError:
            continue


def _reason(page: StreamPage, query: EventList, epoch: str) -> ResetReason | None:
    return reset_reason(page, after=query.after, epoch=query.epoch, current=epoch)


def _answer(page: StreamPage, name: str, query: EventList, epoch: str) -> _Raw:
    reason = _reason(page, query, epoch)
    events = [] if reason else [msgspec.Raw(text.encode()) for _, text in page.events]
    return _Raw(
        stream=name,
        epoch=epoch,
        head=page.head,
        events=events,
        more=page.more and reason is None,
        reset=reason,
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="list_events",
        method="GET",
        path="/streams/{stream}/events",
        permission=Access.STREAM,
        handler=list_events,
        summary="Replay a stream; with wait it is a long poll",
        query=EventList,
        returns={200: EventPage},
        errors=(NotFoundError, UnavailableError),
    ),
)
