"""Any writes of anybody, on every engine, against a model of what must come of them.

What is refused must leave nothing behind, a second answer must not look like the first, delivered
must not be taken for read, and nobody may see or change another organisation's things. Two
processes take turns on the database, and writes may wait in the queue together.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from campfire_chat.access.actor import Actor, actor_of_visitor
from campfire_chat.access.records import Agent, Role, Visitor
from campfire_chat.access.roles import Roles
from campfire_chat.core import clock
from campfire_chat.core.clock import SECOND
from campfire_chat.core.errors import CampfireError, NotFoundError
from campfire_chat.features.conversations.listing import ANYONE
from campfire_chat.features.conversations.operations import ChangeConversation
from campfire_chat.features.conversations.records import AgentConversation, Priority, Status
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.features.messages.originals import Original
from campfire_chat.features.messages.permissions import CONVERSATIONS_REPLY
from campfire_chat.features.messages.records import Visibility
from campfire_chat.features.messages.sending import Send
from campfire_chat.features.receipts.operations import MarkSeen
from campfire_chat.settings import Settings
from tests.storage.desk_model import (
    BAD_SUBJECT,
    BODIES,
    LATER,
    PAST,
    SUBJECTS,
    Change,
    Delete,
    Desk,
    Edit,
    Mark,
    Open,
    Refused,
    Say,
    Step,
    Thread,
    Together,
)
from tests.support.host import agent_actor
from tests.support.store import Store

_numbers = itertools.count(1)

VISITORS = ("mia", "leo")
AGENTS = ("ada", "bob", "boss", "viewer")
#: Agents and visitors of another organisation, with the very ids of this one's.
STRANGERS = ("other ada", "other mia")
EVERYBODY = (*VISITORS, *AGENTS, *STRANGERS)
#: Roles of agents to whom conversations may be given.
ASSIGNABLE = Roles().with_permission(CONVERSATIONS_REPLY)
#: Those who do most of it.
MOSTLY = ("mia", "mia", "ada", "ada", *EVERYBODY)


def people_of(organization: str) -> dict[str, Actor]:
    roles = {"boss": Role.ADMIN, "viewer": Role.VIEWER}
    # It sorts before ours, and its people are stored first: a query that forgets the
    # organisation finds them first.
    other = f"another-{organization}"
    return {
        **{
            name: actor_of_visitor(Visitor(id=name, name=name, organization=organization))
            for name in VISITORS
        },
        **{
            name: agent_actor(
                Agent(
                    id=name,
                    name=name,
                    role=roles.get(name, Role.AGENT),
                    organization=organization,
                )
            )
            for name in AGENTS
        },
        "other ada": agent_actor(Agent(id="ada", name="other ada", organization=other)),
        "other mia": actor_of_visitor(Visitor(id="mia", name="other mia", organization=other)),
    }


def _merged(marks: list[Mark], first: Mark) -> Mark:
    """What several marks of one person come to: as far as the furthest of them."""
    same = [one for one in marks if (one.who, one.thread) == (first.who, first.thread)]
    delivered = max((one.delivered or 0 for one in same), default=0)
    read = max((one.read or 0 for one in same), default=0)
    return Mark(first.who, first.thread, delivered, read)


class Run:
    """One example: the model and two processes' worth of storage, side by side."""

    def __init__(self, stores: list[Store]) -> None:
        self.organization = f"org{next(_numbers)}"
        self.people = people_of(self.organization)
        names = {name: name for name in ("ada", "bob", "boss")}
        other = self.people["other ada"].organization
        self.desk = Desk(
            self.people, agents={self.organization: names, other: {"ada": "other ada"}}
        )
        self.stores = stores
        self._turn = 0

    @property
    def store(self) -> Store:
        return self.stores[self._turn % len(self.stores)]

    async def begin(self) -> None:
        for name in ("other ada", *AGENTS):
            await self.store.agents.remember(self.people[name])
        # There is always something to write to and to reply to, in both organisations.
        for who in ("mia", "other mia"):
            await self.do(Open(who, 90, 0))

    async def do(self, step: Step) -> None:
        step = self.desk.resolved(step)
        touched = self.desk.threads[:]
        if isinstance(step, Together):
            await self._together(step.steps)
        elif isinstance(step, Say | Mark | Change):
            await self._together((step,))
        elif isinstance(step, Open):
            await self._open(step)
        else:
            await self._touch(step)
        self._turn += 1
        for thread in touched:
            await self._compare(thread)

    # Writing.

    async def _together(self, steps: tuple[Say | Change | Mark, ...]) -> None:
        # On PostgreSQL a process that has a conversation in hand does not learn at once that
        # another has moved a mark: the row never goes back, but an answer may be seconds old.
        marks = any(isinstance(step, Mark) for step in steps)
        storage = (self.stores[0] if marks else self.store).storage
        futures = [storage.submit(self._operation(step)) for step in steps]
        outcomes = await asyncio.gather(*futures, return_exceptions=True)
        marked: dict[tuple[str, int], Any] = {}
        for step, outcome in zip(steps, outcomes, strict=True):
            if isinstance(step, Say):
                self._said(step, outcome)
            elif isinstance(step, Change):
                await self._changed(step, outcome)
            elif (place := (step.who, step.thread)) not in marked:
                # Marks of one person in one conversation that wait together are written as one.
                whole = _merged([one for one in steps if isinstance(one, Mark)], step)
                marked[place] = outcome
                if not self._refused(lambda whole=whole: self.desk.check_mark(whole), outcome):
                    found = (outcome.delivered, outcome.read, outcome.unread)
                    assert found == self.desk.marked(whole), step
            else:
                first = marked[place]
                same = first == outcome or repr(first) == repr(outcome)
                assert same, (first, outcome)

    def _operation(self, step: Say | Change | Mark) -> Any:
        actor, thread = self.people[step.who], self.desk.thread(step.thread).id
        if isinstance(step, Mark):
            return MarkSeen(actor, thread, delivered=step.delivered, read=step.read)
        if isinstance(step, Say):
            target = None if step.reply_to is None else self.desk.message(step.reply_to).id
            return Send(
                actor,
                thread,
                client_id=f"c{step.client}",
                body=BODIES[step.body],
                original=Original(BODIES[step.body], b"not the installation's"),
                visibility=Visibility.INTERNAL if step.internal else Visibility.PUBLIC,
                reply_to=target,
                reopening=self.store.reopening,
            )
        fields = dict(step.fields)
        assignee = fields.pop("assignee", UNSET)
        if "status" in fields:
            fields["status"] = Status(fields["status"])
        if fields.get("priority"):
            fields["priority"] = Priority(fields["priority"])
        if "tags" in fields:
            fields["tags"] = list(fields["tags"])
        if "snoozed_until" in fields:
            hour = 3600 * SECOND
            fields["snoozed_until"] = (
                # The same moment each time: it is part of what an idempotency key stands for.
                4_000_000_000 * SECOND if fields["snoozed_until"] == LATER else hour
            )
        key = None if step.key is None else f"k{step.key}"
        return ChangeConversation(
            actor, thread, Patch(**fields), assignee, assignable=ASSIGNABLE, client_id=key
        )

    def _refused(self, check: Callable[[], Any], outcome: Any) -> bool:
        """Whether it was refused; the storage and the model have to agree."""
        codes: tuple[str, ...] = ()
        try:
            check()
        except Refused as refused:
            codes = refused.codes
        if not codes:
            if isinstance(outcome, BaseException):
                raise AssertionError(f"refused without a reason: {outcome!r}") from outcome
            return False
        assert isinstance(outcome, CampfireError), (codes, outcome)
        assert outcome.code in codes
        return True

    def _said(self, step: Say, outcome: Any) -> None:
        if self._refused(lambda: self.desk.check_say(step), outcome):
            return
        earlier = self.desk.check_say(step)
        assert outcome.duplicate is (earlier is not None)
        stored = earlier or self.desk.said(step, outcome.message_id, outcome.at)
        assert (outcome.message_id, outcome.seq, outcome.at) == (stored.id, stored.seq, stored.at)

    async def _changed(self, step: Change, outcome: Any) -> None:
        if self._refused(lambda: self.desk.check_change(step), outcome):
            return
        if not self.desk.check_change(step):
            self.desk.changed(step)

    async def _open(self, step: Open) -> None:
        outcome: Any
        actor = self.people[step.who]
        client_id = f"c{step.client}"
        try:
            outcome = await self.store.conversations.open(
                actor, client_id=client_id, body=BODIES[step.body]
            )
        except CampfireError as error:
            outcome = error
        if self._refused(lambda: self.desk.check_open(step), outcome):
            return
        earlier = self.desk.check_open(step)
        view, duplicate = outcome
        assert duplicate is (earlier is not None)
        if earlier is not None:
            assert view.id == earlier.thread.id
            return
        ((message,), _) = await self.store.messages.page(actor, view.id, None, 10)
        self.desk.opened(step, view.id, message.id, message.at)
        await self._compare(self.desk.threads[-1])

    async def _touch(self, step: Edit | Delete) -> None:
        outcome: Any
        actor, about = self.people[step.who], self.desk.message(step.message).id
        try:
            if isinstance(step, Edit):
                outcome = await self.store.messages.edit(actor, about, BODIES[step.body])
            else:
                outcome = await self.store.messages.delete(actor, about)
        except CampfireError as error:
            outcome = error
        if self._refused(lambda: self.desk.check_touch(step), outcome):
            return
        if isinstance(step, Edit):
            self.desk.edited(step)
        else:
            self.desk.deleted(step)

    # Comparing.

    async def _compare(self, thread: Thread) -> None:
        """The conversation as everybody sees it, its streams and its last row in the inbox."""
        reader = self.stores[(self._turn + 1) % len(self.stores)]
        ours = thread.organization == self.organization
        agent = self.people["ada" if ours else "other ada"]
        owner = self.people[
            next(
                name for name, actor in self.people.items() if actor.principal.id == thread.contact
            )
        ]
        view = await reader.conversations.get(agent, thread.id)
        assert isinstance(view, AgentConversation)
        if thread.status == "resolved" and thread.resolved_at is None:
            assert view.resolved_at is not None
            thread.resolved_at = view.resolved_at
        last = thread.last
        assert last is not None
        expected = {
            "status": thread.status,
            "subject": thread.subject,
            "tags": list(thread.tags),
            "priority": thread.priority,
            "snoozed": thread.snoozed,
            "waiting_since": thread.waiting_since,
            "first_response_at": thread.first_response_at,
            "resolved_at": thread.resolved_at,
            "reopened": thread.reopened,
            "heads": (len(thread.public), len(thread.notes)),
            "counts": tuple(thread.public_messages(of_visitor=of) for of in (True, False)),
            "last": (last.id, last.body),
            "last_activity_at": last.at,
            "unread": thread.unread(("agent", "ada")),
            "receipts": thread.marks,
            # By name, which says whose agent and contact it is that the row shows.
            "assignee": self.desk.assignee(thread),
            "contact": (thread.contact, owner.principal.name),
        }
        preview, assignee = view.last_message, view.assignee
        assert preview is not None
        found = {
            "status": view.status,
            "subject": view.subject,
            "tags": view.tags,
            "priority": view.priority,
            "snoozed": view.snoozed_until is not None,
            "waiting_since": view.waiting_since,
            "first_response_at": view.first_response_at,
            "resolved_at": view.resolved_at,
            "reopened": view.reopen_count,
            "heads": (view.head, view.notes_head),
            "counts": (view.counts.visitor, view.counts.agent),
            "last": (preview.id, preview.text),
            "last_activity_at": view.last_activity_at,
            "unread": view.unread,
            "receipts": {
                (item.participant.kind.value, item.participant.id): (item.delivered, item.read)
                for item in view.receipts
            },
            "assignee": None if assignee is None else (assignee.id, assignee.name),
            "contact": (view.contact.id, view.contact.name),
        }
        assert found == expected
        mine = await reader.conversations.get(owner, thread.id)
        assert mine.unread == thread.unread(("visitor", thread.contact))
        assert (mine.status, mine.head, mine.subject) == (view.status, view.head, view.subject)
        for name, actor in self.people.items():
            if not self.desk.sees(name, thread):
                with pytest.raises(NotFoundError):
                    await reader.conversations.get(actor, thread.id)
        await self._compare_streams(reader, thread)

    async def _compare_streams(self, reader: Store, thread: Thread) -> None:
        emptied = {message.id for message in thread.messages if message.deleted}
        for stream, expected in (
            (f"conversation:{thread.id}", thread.public),
            (f"notes:{thread.id}", thread.notes),
        ):
            page = await reader.storage.stream_page(thread.organization, stream, 0, 1000)
            assert [seq for seq, _ in page.events] == list(range(1, len(expected) + 1))
            events = [json.loads(text) for _, text in page.events]
            assert [event["event"] for event in events] == expected
            for event in events:
                assert event["data"].get("id") not in emptied or event["data"]["body"] == ""

    async def finish(self) -> None:
        """Lists and threads, page by page, as everybody sees them."""
        for name, actor in self.people.items():
            seen = [thread for thread in self.desk.threads if self.desk.sees(name, thread)]
            listed: list[str] = []
            before: Any = None
            while True:
                page, before = await self.store.conversations.page(
                    actor, statuses=list(Status), assignee_id=ANYONE, before=before, limit=2
                )
                listed += [item.id for item in page]
                if before is None:
                    break
            expected = sorted(
                seen, key=lambda thread: (thread.last.at if thread.last else "", thread.id)
            )
            assert listed == [thread.id for thread in reversed(expected)]
        for thread in self.desk.threads:
            await self._compare_pages(thread)

    async def _compare_pages(self, thread: Thread) -> None:
        for name, actor in self.people.items():
            if not self.desk.sees(name, thread):
                continue
            bodies: list[tuple[str, str]] = []
            before: Any = None
            while True:
                messages, before = await self.store.messages.page(actor, thread.id, before, 2)
                bodies += [(message.id, message.body) for message in messages]
                if before is None:
                    break
            shown = [item for item in thread.messages if actor.is_agent or not item.internal]
            shown.sort(key=lambda message: message.at)
            assert bodies[::-1] == [(message.id, message.body) for message in shown]


@pytest.fixture
def run(database_url: str) -> Iterator[Callable[[list[Step]], None]]:
    """Plays steps on a fresh organisation."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def start() -> list[Store]:
            found: list[Store] = []
            for _ in range(2):
                store = Store(
                    database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now
                )
                await store.start()
                stack.push_async_callback(store.stop)
                found.append(store)
            return found

        stores = runner.run(start())

        async def play(steps: list[Step]) -> None:
            one = Run(stores)
            await one.begin()
            for step in steps:
                await one.do(step)
            await one.finish()

        try:
            yield lambda steps: runner.run(play(steps))
        finally:
            runner.run(stack.aclose())


SMALL = st.integers(0, 5)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from(["open", "pending", "snoozed", "resolved", "resolved"]),
    "subject": st.sampled_from([*SUBJECTS, *SUBJECTS, None, BAD_SUBJECT]),
    "tags": st.sampled_from([(), ("tea",), ("tea", "late")]),
    "priority": st.sampled_from([None, "low", "urgent"]),
    "assignee": st.sampled_from([None, "ada", "ada", "bob", "bob", "viewer", "nobody"]),
    "snoozed_until": st.sampled_from([LATER, LATER, PAST]),
}
SAY = st.builds(
    Say,
    st.sampled_from(MOSTLY),
    SMALL,
    st.integers(0, 8),
    st.integers(0, 2),
    st.booleans(),
    st.none() | SMALL,
)
CHANGE = st.builds(
    Change,
    st.sampled_from(("ada", "ada", "ada", *EVERYBODY)),
    SMALL,
    st.one_of(
        *(st.fixed_dictionaries({name: values}) for name, values in FIELDS.items()),
        st.fixed_dictionaries({}, optional=FIELDS),
    ).map(lambda some: tuple(some.items())),
    st.none() | st.integers(0, 2),
)
SEQ = st.none() | st.integers(0, 12)
MARK = st.builds(Mark, st.sampled_from(MOSTLY), SMALL, SEQ, SEQ)
STEPS: st.SearchStrategy[Step] = st.one_of(
    SAY,
    CHANGE,
    MARK,
    st.builds(Open, st.sampled_from(VISITORS), st.integers(0, 8), st.integers(0, 2)),
    st.builds(Edit, st.sampled_from(MOSTLY), st.integers(0, 9), st.integers(0, 2)),
    st.builds(Delete, st.sampled_from(MOSTLY), st.integers(0, 9)),
    st.builds(Together, st.lists(st.one_of(SAY, CHANGE, MARK), min_size=2, max_size=6).map(tuple)),
)


def status(name: str, **more: Any) -> Change:
    return Change("ada", 0, (("status", name), *more.items()))


def by_mia(client: int, **more: Any) -> Say:
    return Say("mia", 0, client, 0, **more)


def by_ada(client: int, **more: Any) -> Say:
    return Say("ada", 0, client, 0, **more)


@settings(
    max_examples=40,
    report_multiple_bugs=False,
    # The database is one for all examples; each has organisations of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
@given(steps=st.lists(STEPS, min_size=1, max_size=14))
# Another organisation has an agent with the same id.
@example([Change("ada", 0, (("assignee", "ada"),)), by_mia(1), by_ada(2)])
# A refused change, then whatever writes the conversation's row: right after it, and with it.
@example([by_mia(1), status("resolved", subject=BAD_SUBJECT), by_mia(2), by_ada(1)])
@example([by_mia(1), Together((status("resolved", subject=BAD_SUBJECT), by_ada(2)))])
@example([by_mia(1), Change("ada", 0, (("assignee", "bob"), ("subject", BAD_SUBJECT))), by_ada(2)])
# The second question does not start the wait anew, the second answer is not the first.
@example([by_mia(1), by_mia(2), by_ada(1), by_ada(2), by_mia(3), by_mia(4)])
# Resolving ends the wait; a question after it begins another one.
@example([by_mia(1), status("resolved"), by_mia(2), status("resolved"), status("open")])
# Delivered is not read.
@example(
    [by_ada(1), by_ada(2), Mark("mia", 0, 3, 1), Mark("mia", 0, 1, 2), Mark("ada", 0, 1, None)]
)
# A client id that comes back with another reply.
@example(
    [by_ada(1, reply_to=0), by_ada(1), by_ada(1, reply_to=0), by_ada(2), by_ada(2, reply_to=0)]
)
def test_whatever_is_written(run: Callable[[list[Step]], None], steps: list[Step]) -> None:
    run(steps)
