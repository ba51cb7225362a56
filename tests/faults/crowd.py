"""A crowd of visitors and agents who go on whatever happens, and write down what they saw.

Each guest is a strict client of the protocol (``tests.support.client``) with what a real one adds:
an outbox that repeats with the same client id until there is an answer, reconnects to whichever
process there is, and a watch over the server's signs of life.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Sequence

from websockets.exceptions import WebSocketException

from tests.faults.checker import Answer, Journal, Log, Sent
from tests.support.client import Client, Closed, Frame, ProtocolViolation
from tests.support.people import Desk, Person

#: Seconds: the longest wait before the first attempt to reconnect; it doubles (full jitter), as
#: the protocol asks, but no further than to two seconds, so that what is measured is the server.
BACKOFF = 0.1
LONGEST_BACKOFF = 2.0
#: Seconds without an answer after which a send is repeated on the same connection.
ANSWER = 8.0

BODY = "The kettle that I ordered on Monday has not arrived yet; where is it?"

_numbers = itertools.count(1)


class Guest:
    """One participant with one connection at a time.

    Args:
        bases: Where to connect; asked at every attempt.
        home: Which of them is tried first; the others follow when it cannot be reached.
        stay: The others do not follow.
        hears_within: Seconds of silence after which the connection is taken for dead; a client
            pings twice in that time. None: it waits for TCP.
    """

    def __init__(
        self,
        journal: Journal,
        person: Person,
        sender: str,
        bases: Callable[[], Sequence[str]],
        *,
        home: int = 0,
        stay: bool = False,
        hears_within: float | None = None,
    ) -> None:
        self.name = f"{sender}/{next(_numbers)}"
        self.sender = sender
        self.journal = journal
        self.client = Client("", person)
        self.connects = 0
        #: When the connection was found dead, and when the next one had its welcome.
        self.losses: list[float] = []
        self.welcomes: list[float] = []
        self.home = home
        self._stays = stay
        self._bases = bases
        self._hears_within = hears_within
        self._online = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._random = random.Random(self.name)

    async def arrive(self, *streams: str, after: int = 0) -> None:
        """Connect for the first time and subscribe."""
        self._tasks = [asyncio.create_task(self._stay())]
        await self._online.wait()
        for stream in streams:
            await self._until_ok(
                lambda stream=stream: self.client.subscribe(stream, after=after), stream
            )

    async def leave(self) -> None:
        """Go home; what was applied is in the journal."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self.client.drop()
        self.journal.logs += self.logs()

    def logs(self) -> list[Log]:
        return [
            Log(self.name, view.name, view.start, view.applied)
            for view in self.client.views.values()
        ]

    @property
    def online(self) -> bool:
        return self._online.is_set()

    @property
    def at_home(self) -> bool:
        bases = self._bases()
        return self.client.base == bases[self.home % len(bases)]

    def drop(self) -> None:
        """Lose the connection, as in a lift; it comes back by itself."""
        connection = self.client._connection
        if connection is not None:
            connection.transport.abort()

    async def say(
        self,
        conversation_id: str,
        *,
        body: str = BODY,
        client_id: str | None = None,
        internal: bool = False,
    ) -> Sent:
        """Send until it is acknowledged, however long that takes."""
        sent = Sent(
            sender=self.sender,
            client_id=client_id or f"c{next(_numbers)}-{self._random.getrandbits(32):x}",
            conversation_id=conversation_id,
            body=body,
            began=time.monotonic(),
            internal=internal,
        )
        self.journal.sent.append(sent)
        more = {"visibility": "internal"} if internal else {}

        async def attempt() -> Frame:
            sent.attempts += 1
            return await self.client.say(conversation_id, body, id=sent.client_id, **more)

        reply = await self._until_ok(attempt, sent.client_id)
        if reply["type"] == "ok":
            sent.answers.append(
                Answer(time.monotonic(), reply["message_id"], reply["seq"], reply["duplicate"])
            )
        return sent

    async def _until_ok(self, ask: Callable[[], Awaitable[Frame]], what: str) -> Frame:
        while True:
            await self._online.wait()
            try:
                async with asyncio.timeout(ANSWER):
                    reply = await ask()
            except (Closed, TimeoutError, OSError):
                await asyncio.sleep(0.01)
                continue
            if reply["type"] == "ok":
                return reply
            if reply["final"]:
                self.journal.broken.append(f"{self.name}: {what} was refused: {reply['code']}")
                return reply
            wait = min(reply.get("retry_after") or BACKOFF, LONGEST_BACKOFF)
            await asyncio.sleep(self._random.uniform(0.2, 1.0) * wait)

    # The connection.

    async def _stay(self) -> None:
        failures = 0
        while True:
            if failures:
                longest = min(LONGEST_BACKOFF, BACKOFF * 2**failures)
                await asyncio.sleep(self._random.uniform(0, longest))
            bases = self._bases()
            self.client.base = bases[(self.home + (0 if self._stays else failures)) % len(bases)]
            try:
                async with asyncio.timeout(5 if self._hears_within is None else 10):
                    await self.client.connect()
            except ProtocolViolation as violation:
                self.journal.broken.append(f"{self.name}: {violation}")
                return
            except (Closed, TimeoutError, OSError, WebSocketException, EOFError, AssertionError):
                await self.client.drop()
                failures += 1
                continue
            failures = 0
            self.connects += 1
            self.welcomes.append(time.monotonic())
            self._online.set()
            try:
                await self._watch()
            finally:
                self._online.clear()
            self.losses.append(time.monotonic())
            closed = self.client.closed
            if closed is not None and closed.code in (4400, 4403, 4404, 4480):
                self.journal.broken.append(f"{self.name} was closed with {closed}")
                return
            failure = self.client._failure
            if failure is not None:
                self.journal.broken.append(f"{self.name}: {failure}")
                return
            await self.client.drop()

    async def _watch(self) -> None:
        """Return when the connection has ended, or been silent for too long."""
        client, limit = self.client, self._hears_within
        number, ping_at = 0, 0.0
        pause = 0.5 if limit is None else limit / 4
        while client.connected:
            reader = client._reader
            assert reader is not None
            left = pause
            if limit is not None:
                left = max(0.01, min(pause, client.heard_at + limit - time.monotonic()))
            await asyncio.wait([reader], timeout=left)
            if limit is None or not client.connected:
                continue
            if time.monotonic() - client.heard_at > limit:
                return
            if time.monotonic() < ping_at:
                continue
            number += 1
            ping_at = time.monotonic() + pause
            with contextlib.suppress(Closed, TimeoutError):
                async with asyncio.timeout(pause):
                    await client.send({"type": "ping", "n": number})


class Room:
    """A conversation and who takes part in it."""

    def __init__(self, conversation_id: str, guests: list[Guest]) -> None:
        self.id = conversation_id
        self.stream = f"conversation:{conversation_id}"
        self.guests = guests


class Crowd:
    """Pairs of visitors and agents who talk, one conversation for each pair.

    Args:
        bases: Where guests connect; asked at every attempt, so it may change.
        hears_within, stay: See :class:`Guest`.
        tokens: Whether visitors come with tokens, or with the host's session.
        rest: The address for what is done over REST; the first of the bases unless given.

    The two of a pair begin at different processes, where there are several.
    """

    def __init__(
        self,
        bases: Callable[[], Sequence[str]],
        *,
        hears_within: float | None = None,
        stay: bool = False,
        tokens: bool = True,
        rest: str | None = None,
    ) -> None:
        self.journal = Journal()
        self.rooms: list[Room] = []
        self._bases = bases
        self._hears_within = hears_within
        self._stay = stay
        self._tokens = tokens
        self.desk = Desk(rest or bases()[0])

    @property
    def organization(self) -> str:
        return self.desk.organization

    @property
    def guests(self) -> list[Guest]:
        return [guest for room in self.rooms for guest in room.guests]

    @property
    def acknowledged(self) -> int:
        """How many messages have had their answer."""
        return sum(bool(sent.answers) for sent in self.journal.sent)

    @property
    def losses(self) -> int:
        """How many connections have ended so far."""
        return sum(len(guest.losses) for guest in self.guests)

    async def gather(self, pairs: int, *, inbox: int = 1) -> None:
        """Open conversations and connect everybody; ``inbox`` agents watch the inbox as well."""
        for number in range(pairs):
            visitor, conversation_id = await asyncio.to_thread(self._open)
            agent = self.desk.agent(f"agent-{number}")
            # The desk has ids of its own, for agents as well as visitors.
            visitor_id, agent_id = await asyncio.to_thread(
                lambda pair=(visitor, agent): [person.id for person in pair]
            )
            hers = self._guest(visitor, f"visitor:{visitor_id}", 0 if self._stay else number)
            his = self._guest(agent, f"agent:{agent_id}", 1 if self._stay else number + 1)
            self.rooms.append(Room(conversation_id, [hers, his]))
        arriving: list[Awaitable[None]] = []
        for number, room in enumerate(self.rooms):
            hers, his = room.guests
            arriving.append(hers.arrive(room.stream))
            more = [f"inbox:{self.organization}"] if number < inbox else []
            arriving.append(his.arrive(room.stream, f"notes:{room.id}", *more))
        await asyncio.gather(*arriving)

    def _open(self) -> tuple[Person, str]:
        visitor = self.desk.visitor() if self._tokens else self.desk.session_visitor()
        conversation_id = visitor.begin("Hello?")["id"]
        return visitor, conversation_id

    def _guest(self, person: Person, sender: str, turn: int) -> Guest:
        return Guest(
            self.journal,
            person,
            sender,
            self._bases,
            home=turn % len(self._bases()),
            stay=self._stay,
            hears_within=self._hears_within,
        )

    def go_home(self) -> None:
        """Everybody who had to go elsewhere reconnects where they began, as behind a load
        balancer that spreads them again."""
        for guest in self.guests:
            if guest.online and not guest.at_home:
                guest.drop()

    async def talk(
        self,
        total: int,
        *,
        pace: float = 0.0,
        until: asyncio.Event | None = None,
        notes: float = 0.05,
    ) -> None:
        """Everybody sends, one message at a time each, until ``total`` were acknowledged.

        Args:
            pace: Seconds between one guest's messages.
            until: Stop early when it is set.
            notes: The share of agents' messages that are internal notes.
        """
        left = iter(range(total))

        async def chatter(room: Room, guest: Guest) -> None:
            chance = random.Random(guest.name)
            if pace:
                await asyncio.sleep(chance.uniform(0, pace))
            for number in left:
                if until is not None and until.is_set():
                    return
                internal = guest.sender.startswith("agent") and chance.random() < notes
                await guest.say(room.id, body=f"{BODY} {number}", internal=internal)
                if pace:
                    await asyncio.sleep(pace)

        await asyncio.gather(
            *(chatter(room, guest) for room in self.rooms for guest in room.guests)
        )

    async def converge(self, heads: Callable[[], dict[str, int]], *, seconds: float) -> float:
        """Wait until every client has every message; the seconds that took, ``inf`` if too long.

        Args:
            heads: Reads the heads of the organisation from the database; nobody sends any more.
        """
        began = time.monotonic()
        stored = await asyncio.to_thread(heads)
        while True:
            behind = [
                view.name
                for guest in self.guests
                for view in guest.client.views.values()
                if view.last < stored.get(view.name, 0)
            ]
            if not behind:
                return time.monotonic() - began
            if time.monotonic() - began > seconds:
                return float("inf")
            await asyncio.sleep(0.02)

    async def disperse(self) -> Journal:
        """Send everybody home; the journal is complete then."""
        await asyncio.gather(*(guest.leave() for guest in self.guests))
        return self.journal

    def deliveries(self, *, since: float = 0.0, until: float = float("inf")) -> list[float]:
        """Seconds from the first attempt to send to being applied by each other guest in the
        room, of messages first sent between two moments."""
        sent = {(item.sender, item.client_id): item for item in self.journal.sent}
        took: list[float] = []
        for room in self.rooms:
            for guest in room.guests:
                view = guest.client.views.get(room.stream)
                if view is None:
                    continue
                for event, at in zip(view.applied, view.applied_at, strict=True):
                    record = event["data"]
                    if event["event"] != "message.created":
                        continue
                    sender = f"{record['sender']['kind']}:{record['sender']['id']}"
                    item = sent.get((sender, record["client_id"]))
                    if item is None or sender == guest.sender:
                        continue
                    if since <= item.began < until:
                        took.append(at - item.began)
        return took


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; ``nan`` of nothing."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
