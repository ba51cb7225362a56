"""A client of the wire protocol that is as strict as the delivery contract asks of one.

It drops ``seq <= last``, holds what comes too early and subscribes again, compares every
repetition with the first delivery, and fails on any frame that the protocol does not know.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.people import Person

Frame = dict[str, Any]

SUBPROTOCOL = "campfire.v1"

#: Seconds for anything that should simply happen, however busy the machine is.
PATIENCE = 60.0

#: Every frame a server may send, with the fields it must have.
SERVER_FRAMES: dict[str, frozenset[str]] = {
    "welcome": frozenset(
        {"version", "session", "epoch", "heartbeat", "limits", "principal", "streams"}
    ),
    "ok": frozenset({"id"}),
    "error": frozenset({"code", "message", "final"}),
    "event": frozenset({"stream", "seq", "event", "at", "data"}),
    "events": frozenset({"stream", "events", "more"}),
    "head": frozenset({"heads"}),
    "reset": frozenset({"stream", "epoch", "head", "reason"}),
    "typing": frozenset({"conversation_id", "participant", "active"}),
    "presence": frozenset({"participant"}),
    "receipt": frozenset({"conversation_id", "participant", "delivered", "read"}),
    "renew_due": frozenset({"within"}),
    "drain": frozenset({"window"}),
    "pong": frozenset({"n"}),
}


class ProtocolViolation(AssertionError):
    """The server broke the protocol."""


class Closed(Exception):
    """The server closed the connection."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class StreamView:
    """What a client knows of one stream: ``applied`` is gapless by construction."""

    def __init__(self, name: str, start: int) -> None:
        self.name = name
        self.start = start
        self.last = start
        self.applied: list[Frame] = []
        #: When each of them was, by the monotonic clock.
        self.applied_at: list[float] = []
        self.held: dict[int, Frame] = {}
        self.head_seen = start
        self.repetitions = 0
        self.gaps = 0
        self.reset: Frame | None = None

    @property
    def has_gap(self) -> bool:
        return bool(self.held) or self.head_seen > self.last

    def take(self, event: Frame) -> None:
        """Apply an event if it is the next, drop it if known, hold it if it is early."""
        seq = event["seq"]
        if event["stream"] != self.name:
            raise ProtocolViolation(f"{event['stream']} delivered as {self.name}")
        if seq <= self.last:
            self.repetitions += 1
            if seq > self.start and not same_event(self.applied[seq - self.start - 1], event):
                raise ProtocolViolation(f"{self.name}#{seq} came twice and differs")
            return
        self.held[seq] = event
        while self.last + 1 in self.held:
            following = self.held.pop(self.last + 1)
            # An inbox spans conversations, and machines whose clocks may differ.
            ordered = not self.name.startswith("inbox:")
            if ordered and self.applied and following["at"] <= self.applied[-1]["at"]:
                raise ProtocolViolation(f"{self.name}#{seq} goes back in time")
            self.applied.append(following)
            self.applied_at.append(time.monotonic())
            self.last += 1
        self.head_seen = max(self.head_seen, seq)


def same_event(first: Frame, again: Frame) -> bool:
    """Whether two deliveries are of the same event.

    Editing a message has its earlier events say the new text as well, and deleting it leaves them
    none; so do the previews of the inbox. Nothing else of an event ever changes.
    """
    if first == again:
        return True
    if any(first[name] != again[name] for name in ("stream", "seq", "event", "at")):
        return False
    old, new = first["data"], again["data"]
    if first["event"] == "conversation.updated":
        rest = _without(old, {"last_message"}) == _without(new, {"last_message"})
        before, after = old["last_message"], new["last_message"]
        return (
            rest and after is not None and _without(before, {"text"}) == _without(after, {"text"})
        )
    changes = {"body", "edited_at", "deleted_at"}
    emptied = new.get("body") == "" and new.get("deleted_at")
    edited = new.get("edited_at") and new["edited_at"] != old.get("edited_at")
    return bool(emptied or edited) and _without(old, changes) == _without(new, changes)


def _without(fields: Frame, names: set[str]) -> Frame:
    return {name: value for name, value in fields.items() if name not in names}


class Client:
    """One participant's connection, which may be dropped and resumed.

    Args:
        base: The address of the mount, such as ``http://127.0.0.1:8000/support``.
        person: Who connects; an agent by the host's session, a visitor by token.
        origin: What the browser would say; the host's own unless given.
        proves: Whether it proves the host's session when it is asked, as our pages do.
    """

    def __init__(
        self, base: str, person: Person, *, origin: str | None = None, proves: bool = True
    ) -> None:
        self.base = base
        self.proves = proves
        self.person = person
        self.origin = origin
        self.views: dict[str, StreamView] = {}
        self.frames: list[Frame] = []
        self.welcome: Frame | None = None
        self.epoch: str | None = None
        self.closed: Closed | None = None
        #: When the server was last heard, by the monotonic clock.
        self.heard_at = 0.0
        self._connection: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._replies: dict[str, asyncio.Future[Frame]] = {}
        #: How often each id was sent without an answer yet.
        self._asked: Counter[str] = Counter()
        self._changed = asyncio.Event()
        self._failure: BaseException | None = None
        self._ids = itertools.count(1)
        self._proving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Client:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # The connection.

    @property
    def connected(self) -> bool:
        return self._reader is not None and not self._reader.done()

    async def open(self) -> None:
        """Connect without a hello."""
        self.closed = None
        self.welcome = None
        self._failure = None
        self.heard_at = time.monotonic()
        self._asked.clear()
        self._connection = await connect(
            f"{self.base.replace('http', 'ws', 1)}/ws",
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]
            additional_headers=self.person.websocket_headers,
            origin=self.origin,  # type: ignore[arg-type]
            max_size=None,
            compression=None,
            proxy=None,
        )
        self._reader = asyncio.create_task(self._read(self._connection))

    async def connect(self) -> Frame:
        """Connect, say hello and resume every stream from where it was; the welcome."""
        await self.open()
        hello: Frame = {"type": "hello", "client": {"name": "tests", "version": "1"}}
        if self.person.token is not None:
            hello["token"] = self.person.token
        resumable = [view for view in self.views.values() if view.reset is None]
        if resumable:
            hello["resume"] = [
                {"stream": view.name, "after": view.last, "epoch": self.epoch} for view in resumable
            ]
        await self.send(hello)
        await self.until(lambda: self.welcome is not None, "a welcome")
        welcome = self.welcome
        assert welcome is not None
        self.epoch = welcome["epoch"]
        for entry in welcome["streams"]:
            view = self.views[entry["stream"]]
            view.head_seen = max(view.head_seen, entry["head"])
        return welcome

    async def drop(self) -> None:
        """Lose the connection without a goodbye, as a phone in a lift does."""
        if self._connection is not None:
            self._connection.transport.abort()
        await self._end()

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
        await self._end()

    async def _end(self) -> None:
        for task in self._proving:
            task.cancel()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        self._reader = None
        self._connection = None

    # Asking.

    async def send(self, frame: Frame) -> None:
        if isinstance(number := frame.get("id"), str):
            self._asked[number] += 1
        await self.send_text(json.dumps(frame))

    async def send_text(self, text: str | bytes) -> None:
        assert self._connection is not None
        try:
            await self._connection.send(text)
        except ConnectionClosed:
            raise self.closed or Closed(1006, "gone") from None

    def next_id(self) -> str:
        return f"r{next(self._ids)}-{id(self):x}"

    async def request(self, frame: Frame) -> Frame:
        """Send a frame with an id and wait for what answers it, ``ok`` or ``error``.

        What was sent with the same id before has its own answer first, also on its way.
        """
        frame.setdefault("id", self.next_id())
        reply = asyncio.get_running_loop().create_future()
        self._replies[frame["id"]] = reply
        try:
            await self.send(frame)
            await self.until(reply.done, f"an answer to {frame}")
            return reply.result()
        finally:
            self._replies.pop(frame["id"], None)

    async def subscribe(self, stream: str, *, after: int | None = 0, **more: Any) -> Frame:
        """Subscribe and follow the stream from ``after`` (None: from its head)."""
        view = self.views.get(stream)
        if view is None and after is not None:
            view = self.views[stream] = StreamView(stream, after)
        frame: Frame = {"type": "subscribe", "stream": stream, **more}
        if after is not None:
            frame["after"] = after
        if after is None:
            # From the head on: events may overtake no "ok", so the view can wait for it.
            reply = await self.request(frame)
            if reply["type"] == "ok" and view is None:
                self.views.setdefault(stream, StreamView(stream, reply["head"]))
            return reply
        reply = await self.request(frame)
        assert view is not None
        if reply["type"] == "ok":
            view.head_seen = max(view.head_seen, reply["head"])
        else:
            del self.views[stream]
        return reply

    async def unsubscribe(self, stream: str) -> Frame:
        reply = await self.request({"type": "unsubscribe", "stream": stream})
        self.views.pop(stream, None)
        return reply

    async def say(self, conversation_id: str, body: str, **more: Any) -> Frame:
        """Send a message; its ``ok`` or ``error``."""
        frame = {"type": "message.send", "conversation_id": conversation_id, "body": body, **more}
        reply = await self.request(frame)
        if reply.get("code") == "renewal_needed" and self.proves:
            # Whoever cannot prove it now has a refusal in hand that may be repeated.
            with contextlib.suppress(AssertionError, httpx.HTTPError):
                await self.prove()
                reply = await self.request(frame)
        return reply

    async def prove(self) -> None:
        """Show that the host's session is still there, with a ticket fetched for that."""
        ticket = await asyncio.to_thread(self.person.ticket)
        await self.send({"type": "renew", "ticket": ticket})

    async def _answer_renew_due(self) -> None:
        # Whoever cannot prove it, or has gone meanwhile, is closed by the server.
        with contextlib.suppress(AssertionError, Closed, httpx.HTTPError):
            await self.prove()

    # Waiting.

    async def until(
        self, condition: Callable[[], bool], what: str, *, seconds: float = PATIENCE
    ) -> None:
        """Wait until ``condition`` holds; the server's violations and closes are raised."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._changed.clear()
                    if self._failure is not None:
                        raise self._failure
                    if condition():
                        return
                    if self.closed is not None:
                        raise self.closed
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(
                f"waited {seconds} s for {what}; the last frames: {self.frames[-5:]}"
            ) from None

    async def until_close(self, *, seconds: float = PATIENCE) -> Closed:
        """Wait until the server closes the connection."""
        with contextlib.suppress(Closed):
            await self.until(lambda: self.closed is not None, "a close", seconds=seconds)
        assert self.closed is not None
        return self.closed

    async def until_frame(
        self, kind: str, *, since: int = 0, seconds: float = PATIENCE, **fields: Any
    ) -> Frame:
        """Wait for a frame of a kind with these fields, among those after ``since``."""
        found: list[Frame] = []

        def look() -> bool:
            found[:] = [
                frame
                for frame in self.frames[since:]
                if frame["type"] == kind
                and all(frame.get(name) == value for name, value in fields.items())
            ]
            return bool(found)

        await self.until(look, f"{kind} {fields}", seconds=seconds)
        return found[0]

    async def until_seq(self, stream: str, seq: int, *, seconds: float = PATIENCE) -> StreamView:
        """Wait until everything of a stream up to ``seq`` has been applied."""
        view = self.views[stream]
        await self.until(lambda: view.last >= seq, f"{stream}#{seq}", seconds=seconds)
        return view

    # Taking.

    async def _read(self, connection: ClientConnection) -> None:
        try:
            async for text in connection:
                self.heard_at = time.monotonic()
                if not isinstance(text, str):
                    raise ProtocolViolation("frames are text")
                await self._take(json.loads(text))
                self._changed.set()
        except ConnectionClosed:
            pass
        except Exception as failure:
            self._failure = failure
        finally:
            code, reason = connection.close_code, connection.close_reason
            self.closed = Closed(1006 if code is None else code, reason or "")
            self._changed.set()

    async def _take(self, frame: Frame) -> None:
        kind = frame.get("type")
        if kind not in SERVER_FRAMES or not SERVER_FRAMES[kind] <= frame.keys():
            raise ProtocolViolation(f"no such frame: {frame}")
        self.frames.append(frame)
        match kind:
            case "welcome":
                self.welcome = frame
            case "ok" | "error":
                number = frame.get("id", "")
                self._asked[number] -= 1
                reply = self._replies.get(number)
                if reply is not None and not reply.done() and self._asked[number] <= 0:
                    reply.set_result(frame)
            case "event":
                await self._event(frame)
            case "events":
                for event in frame["events"]:
                    if event["stream"] != frame["stream"]:
                        raise ProtocolViolation(f"a foreign event in {frame['stream']}")
                    await self._event(event)
            case "renew_due" if self.proves:
                task = asyncio.create_task(self._answer_renew_due())
                self._proving.add(task)
                task.add_done_callback(self._proving.discard)
            case "head":
                for name, head in frame["heads"].items():
                    if (view := self.views.get(name)) is not None and head > view.last:
                        view.head_seen = max(view.head_seen, head)
                        await self._repair(view)
            case "reset":
                if (view := self.views.get(frame["stream"])) is not None:
                    view.reset = frame
            case _:
                pass

    async def _event(self, event: Frame) -> None:
        view = self.views.get(event["stream"])
        if view is None:
            # On its way when we left, or overtaking the "ok" of a subscription from the head.
            return
        view.take(event)
        if view.held:
            await self._repair(view)

    async def _repair(self, view: StreamView) -> None:
        """Subscribe again from the last applied event, as a client that sees a gap must."""
        view.gaps += 1
        await self.send(
            {
                "type": "subscribe",
                "id": self.next_id(),
                "stream": view.name,
                "after": view.last,
                "epoch": self.epoch,
            }
        )
