"""One WebSocket connection, from its accept to its close."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from msgspec import Struct
from starlette.requests import HTTPConnection
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from campfire_chat.access.actor import Actor
from campfire_chat.access.admission import networks_at
from campfire_chat.access.errors import TokenExpiredError
from campfire_chat.access.identity import Credentials
from campfire_chat.access.socket_quota import SocketQuota
from campfire_chat.core.errors import CampfireError, ConfigurationError, TooLargeError, TooManyError
from campfire_chat.ledger.records import StreamHead
from campfire_chat.realtime import frames
from campfire_chat.realtime.errors import (
    CLOSE_RESTARTING,
    CLOSE_TOO_SLOW,
    BadFrameError,
    HelloTimeoutError,
)
from campfire_chat.realtime.frame_table import FrameRejected
from campfire_chat.realtime.sockets import handshake
from campfire_chat.realtime.sockets.closed import Closed
from campfire_chat.realtime.sockets.context import SocketContext
from campfire_chat.realtime.sockets.proof import Proof
from campfire_chat.realtime.sockets.send_queue import SendQueue
from campfire_chat.realtime.sockets.subscriptions import Subscriptions
from campfire_chat.realtime.sockets.writes import Writes

logger = logging.getLogger("campfire_chat.realtime")

#: Number of frames of one socket that are handled before other sockets.
IN_A_ROW = 16
#: Seconds to send a close frame to a client that may not be reading.
CLOSE_TIMEOUT = 1.0
#: How a client closes that knows it is leaving: normally, or with its page. A lost connection is
#: 1006, or 1005 with some servers.
CLOSED_BY_CLIENT = frozenset((1000, 1001))
#: The server's closes after which the person is no longer there: their session has ended, or they
#: are not welcome any more.
CLOSED_FOR_GOOD = frozenset((4401, 4403))


class Socket:
    """One connection of a visitor or an agent. It is a sink of the hub.

    There may be ten thousand of them. So parts that few sockets need are created on demand, parts
    that only the beginning needs are not kept, and a waiting socket is a single coroutine.

    Attributes:
        quota: What the load limits count for it.
        streams: The streams that it is subscribed to.
        send_queue: Sends its frames.
        writes: Its writes that the ledger has not answered.
        pings: Whether the client has begun to ping.
        heard_at: When its latest frame arrived; loop time, as for the following.
        entered_at: When its handshake began.
        proof: How fresh the host's word for its person is; None where it rests on a token alone.
        due: When the next heartbeat is due.
    """

    __slots__ = (
        "_accepted",
        "_asgi_scope",
        "_closing",
        "_credentials",
        "_ending",
        "_greeted",
        "_left_on_purpose",
        "_on_end",
        "_receive",
        "_send",
        "_session",
        "_task",
        "context",
        "due",
        "entered_at",
        "heard_at",
        "pings",
        "proof",
        "quota",
        "send_queue",
        "streams",
        "writes",
    )

    def __init__(
        self,
        asgi_scope: Scope,
        receive: Receive,
        send: Send,
        context: SocketContext,
        *,
        on_end: Callable[[Socket], None],
    ) -> None:
        settings = context.settings
        self._asgi_scope = asgi_scope
        self._receive = receive
        self._send = send
        self._on_end = on_end
        self._accepted = False
        self.context = context
        self._task = asyncio.current_task()
        self._closing: Closed | None = None
        self._session: Actor | None = None
        self._credentials: Credentials | None = None
        self.quota = SocketQuota(context.admission, networks_at(HTTPConnection(asgi_scope)))
        self.pings = False
        self.heard_at = 0.0
        self.entered_at = 0.0
        self.proof: Proof | None = None
        self.due = 0.0
        self._ending = False
        self._greeted = False
        self._left_on_purpose = False
        self.streams = Subscriptions(
            self,
            storage=context.storage,
            hub=context.hub,
            listener=context.listener,
            most=settings.max_subscriptions,
        )
        self.send_queue = SendQueue(
            send,
            on_clogged=self._clogged,
            on_gone=self._gone,
            limit_frames=settings.queue_frames,
            limit_size=settings.queue_bytes,
        )
        self.writes = Writes(self.send_queue, self.quota)

    @property
    def greeted(self) -> bool:
        """Whether the welcome was sent. Nothing is sent before it."""
        return self._greeted

    @property
    def actor(self) -> Actor:
        if self._credentials is None:
            raise BadFrameError("The first frame must be hello.")
        return self._credentials.actor

    def push(self, text: str) -> None:
        self.send_queue.push(text)

    def offer(self, text: str) -> None:
        if self._greeted:
            self.send_queue.offer(text)

    def close(self, code: int, reason: str = "") -> None:
        """Close the connection. Only the first reason is kept."""
        if self._closing is None and not self._ending:
            self._closing = Closed(code, reason)
            if self._task is not None:
                self._task.cancel()

    def _clogged(self) -> None:
        self.close(CLOSE_TOO_SLOW, "too slow")

    def _gone(self) -> None:
        self.close(1006, "gone")

    async def run(self) -> None:
        """Serve the connection until it ends."""
        try:
            try:
                await self._enter()
                await self._greet()
                while True:
                    for _ in range(IN_A_ROW):
                        await self._take(await self._receive())
                    # Waiting frames are received without a pause, so give other sockets a turn.
                    await asyncio.sleep(0)
            except (Exception, asyncio.CancelledError) as error:
                reason = self._reason(error)
            if reason is not None:
                await self._end(reason)
        except asyncio.CancelledError:
            # Not cancelled by us: the server stops without having told us.
            await self._last_word()
            raise
        finally:
            # From here on the task belongs to the server again, and must not be cancelled by us.
            self._ending = True
            self._leave()

    def _reason(self, error: BaseException) -> Closed | None:
        """The reason to close the connection. None when the client is gone.

        Raises:
            CancelledError: It was cancelled from outside.
        """
        match error:
            case WebSocketDisconnect(code=code):
                self._left_on_purpose = code in CLOSED_BY_CLIENT
                return None
            case Closed():
                # Its traceback refers to the frame that would refer to it.
                return error.with_traceback(None)
            case asyncio.CancelledError():
                if self._closing is None or self._task is None:
                    raise error
                self._task.uncancel()
                return self._closing
            case CampfireError():
                if isinstance(error, ConfigurationError):
                    logger.error("a socket failed", exc_info=error)
                if error.retry_after is not None:
                    # A close frame cannot contain retry_after.
                    self._error(error, None)
                return Closed(error.close_code or 1011, error.code)
            case _:
                logger.error("a socket failed", exc_info=error)
                return Closed(1011, "internal")

    # Start of the connection.

    async def _enter(self) -> None:
        """Accept the connection, or refuse it in a way that a browser can understand."""
        websocket = WebSocket(self._asgi_scope, self._receive, self._send)
        refused: Exception | None = None
        try:
            self.entered_at = asyncio.get_running_loop().time()
            self._session = await handshake.admit(websocket, self.context, self.quota)
        except WebSocketDisconnect:
            raise
        except Exception as error:
            refused = error
        # A browser sees the reason of a refusal only in a close after an accept.
        await websocket.accept(handshake.subprotocol(websocket))
        self._accepted = True
        if refused is not None:
            raise refused

    async def _greet(self) -> None:
        context = self.context
        try:
            async with asyncio.timeout(context.settings.hello_timeout):
                first = await self._first()
        except TimeoutError:
            raise HelloTimeoutError() from None
        if not isinstance(first, frames.Hello):
            error = BadFrameError("The first frame must be hello.")
            self._error(error, getattr(first, "id", None))
            raise error
        credentials = await context.authentication.credentials_of(
            HTTPConnection(self._asgi_scope), self._session, first.token
        )
        self.quota.greet(credentials.actor)
        self.quota.resume(len(first.resume))
        self._credentials = credentials
        if credentials.by_session:
            # The handshake was a request with the cookies that the browser had then.
            self.proof = Proof(self.entered_at)
        self.heard_at = asyncio.get_running_loop().time()
        await context.listener.arrived(credentials.actor)
        self.due = asyncio.get_running_loop().time() + context.settings.heartbeat
        heads: list[StreamHead] = []
        refused: list[frames.ErrorFrame] = []
        for point in first.resume:
            try:
                head = await self.streams.join(point.stream)
            except CampfireError as error:
                refused.append(frames.error_frame(error, None, field=point.stream))
            else:
                heads.append(StreamHead(stream=point.stream, head=head))
        self.send_queue.push_frame(handshake.welcome(context, credentials, heads))
        self._greeted = True
        for frame in refused:
            self.send_queue.push_frame(frame)
        joined = {head.stream: head.head for head in heads}
        for point in first.resume:
            if (head := joined.pop(point.stream, None)) is not None:
                after, epoch = point.after, point.epoch
                self.streams.replay(point.stream, after=after, epoch=epoch, head=head)
        if context.draining.refusing:
            # It was connecting while all others got the drain frame.
            self.send_queue.push(context.draining.frame)

    # Incoming frames.

    async def _first(self) -> Struct:
        """Receive the first valid frame."""
        while True:
            message = await self._receive()
            if pause := self._heard(message):
                await asyncio.sleep(pause)
            if (frame := self._understand(message)) is not None:
                return frame

    async def _take(self, message: Message) -> None:
        if pause := self._heard(message):
            await asyncio.sleep(pause)
        if (frame := self._understand(message)) is not None:
            try:
                await self.context.frames.handle(self, frame)
            except CampfireError as error:
                self._error(error, getattr(frame, "id", None))
                if self.quota.is_flooding:
                    raise Closed(TooManyError.close_code or 4429, TooManyError.code) from None

    def _heard(self, message: Message) -> float:
        """Seconds to wait before the message that has just arrived is read.

        Raises:
            WebSocketDisconnect: The client has disconnected.
        """
        # Not Starlette's WebSocket.receive, as for sending.
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        self.heard_at = asyncio.get_running_loop().time()
        text = message.get("text") or ""
        return self.quota.pause(len(text) if text.isascii() else len(text.encode(errors="replace")))

    def _understand(self, message: Message) -> Struct | None:
        """The frame in a message. None for an invalid one, which was answered with an error."""
        raw = message.get("text")
        if raw is None:
            raise BadFrameError("Frames must be text.")
        try:
            return self.context.frames.decode(raw, limit=self.context.settings.max_frame_bytes)
        except FrameRejected as rejected:
            self._error(rejected.error, rejected.request_id)
            if isinstance(rejected.error, TooLargeError):
                self.context.server.at_frame(len(raw))
                raise rejected.error from None
            return None

    # Outgoing frames.

    def _error(self, error: CampfireError, request_id: str | None) -> None:
        self.send_queue.push_frame(frames.error_frame(error, request_id))

    def _heartbeat(self) -> None:
        """Send the heads of the streams, which show a client that it lacks events."""
        self.send_queue.push_frame(frames.Head(heads=self.streams.heads()))

    def look_after(self, now: float) -> None:
        """Close the socket if it is stuck, silent or expired. Called about once a second."""
        settings = self.context.settings
        if self.greeted and now >= self.due:
            self.due = now + settings.heartbeat
            self._heartbeat()
        self.send_queue.rest()
        began = self.send_queue.writing_since
        if began is not None and now - began > settings.send_timeout:
            self.send_queue.clog()
        # Only a client that has begun to ping must continue. TCP and the server watch the others.
        elif self.pings and now - self.heard_at > 2 * settings.heartbeat + 1:
            self.close(1001, "silent")
        credentials = self._credentials
        if credentials is None:
            return
        if self.context.authentication.tokens.expired(credentials):
            self.close(TokenExpiredError.close_code or 4401, TokenExpiredError.code)
        elif self.proof is not None:
            self.proof.look_after(
                now,
                reauthenticate=settings.reauthenticate,
                send_queue=self.send_queue,
                close=self.close,
            )

    # End of the connection.

    async def _end(self, reason: Closed) -> None:
        self._ending = True
        self._left_on_purpose = reason.code in CLOSED_FOR_GOOD
        try:
            await self._send_close(reason)
        except asyncio.CancelledError:
            if self._closing is None or self._closing is reason or self._task is None:
                raise
            # Our own close() came in the same turn in which the connection ended anyway.
            self._task.uncancel()
            await self._send_close(reason)

    async def _last_word(self) -> None:
        """Send the drain frame and close, while the server is ending the connection."""
        if not self._ending:
            self._ending = True
            if self._greeted:
                self.send_queue.push(self.context.draining.last_word)
            await self._send_close(Closed(CLOSE_RESTARTING, "restarting"))

    async def _send_close(self, reason: Closed) -> None:
        if reason.code == CLOSE_RESTARTING:
            await self.writes.settle()
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                if not self.send_queue.clogged:
                    await self.send_queue.drained()
                self.send_queue.stop()
                if self._accepted and reason.code != 1006:
                    await self._send(
                        {"type": "websocket.close", "code": reason.code, "reason": reason.reason}
                    )
        except (TimeoutError, RuntimeError, OSError, WebSocketDisconnect):
            # The client does not read. Returning makes the server drop the connection.
            logger.debug("a close frame could not be delivered", exc_info=True)

    def _leave(self) -> None:
        self._on_end(self)
        self.send_queue.stop()
        self.quota.leave()
        self.streams.leave_all()
        if self._credentials is not None:
            # Who is sent away by a drain is on the way to another process, and not gone.
            cleanly = self._left_on_purpose and not self.context.draining.refusing
            self.context.listener.departed(self._credentials.actor, cleanly=cleanly)
        # Free it at once, so that nothing is left for the cyclic garbage collector, which would
        # have to examine ten thousand others.
        del self.streams
