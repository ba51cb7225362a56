"""A desk with a past: an organisation with any number of messages, the same for the same seed.

Conversations go on beside each other, a few hundred at a time, so that the rows of one lie
scattered among those of others as they do where people really talk. The domain's own rules make
the states and events; :mod:`tests.benchmarks.bulk` writes the rows, past the ledger.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import msgspec

from campfire_chat import clock, events
from campfire_chat.domain import streams
from campfire_chat.domain.conversations import Change, Conversation, Patch, change, receive
from campfire_chat.domain.principal import Principal, Scope, scope_of_agent, scope_of_visitor
from campfire_chat.models import (
    Agent,
    Assignee,
    Availability,
    Contact,
    Message,
    MessageKind,
    Priority,
    Role,
    Status,
    Visibility,
    Visitor,
)
from campfire_chat.storage import tables
from campfire_chat.storage.presence import CONNECTED
from campfire_chat.storage.records import client_key, conversation_row
from campfire_chat.storage.statement import Row

_encode = msgspec.json.Encoder().encode

#: With what the ids of the archive's agents are derived; whoever fills a database puts it there.
AGENT_KEY = b"the archive's agents"
#: Messages of a conversation, on average.
LENGTH = 10
#: Conversations that go on at the same time.
AT_ONCE = 400
#: Rows that are written at a time.
CHUNK = 20_000
AGENTS = 12
#: When the first message was written: 2025-01-01.
BEGINNING = 1_735_689_600 * clock.SECOND
#: Visitors who are on the site, and stay there.
PRESENT = 2_000
#: When snoozes end and who is here was last heard of: never while anybody looks.
FAR_AWAY = 4_070_908_800 * clock.SECOND
#: Between two things that happen; a million messages are then about a year.
STEP = 20 * clock.SECOND
WORDS = (
    *("kettle", "arrived", "order", "monday", "refund", "please", "where", "parcel", "thanks"),
    *("invoice", "account", "broken", "colour", "delivery", "tomorrow", "number", "received"),
    *("wrong", "size", "return", "address", "changed", "payment", "twice", "charged", "why"),
)
TAGS = ("billing", "delivery", "returns", "bug", "vip", "wholesale")

Rows = dict[str, list[Row]]


class Archive:
    """Makes the rows of an organisation's past.

    Attributes:
        agents: The team.
        random: Decides everything.
    """

    def __init__(self, messages: int, *, organization: str = "default", seed: int = 1) -> None:
        self.organization = organization
        self._wanted = messages
        self.random = random.Random(seed)
        self._now = BEGINNING
        self._planned = 0
        self._rows: Rows = {}
        self._heads: dict[str, int] = {streams.inbox(organization): 0}
        self._visitors: list[Scope] = []
        #: The last conversation of each visitor.
        self._last: dict[str, str] = {}
        self.agents = [
            scope_of_agent(
                Agent(id=f"agent-{n}", name=f"Agent {n:02}", organization=organization), AGENT_KEY
            )
            for n in range(AGENTS)
        ]

    def chunks(self) -> Iterator[Rows]:
        """Rows by table, in the order in which they would have been written."""
        for agent in self.agents:
            self._add(tables.agents.name, _agent_row(agent))
        going = [self._begin() for _ in range(min(AT_ONCE, 1 + self._wanted // LENGTH // 4))]
        written = 0
        while going:
            self._now += STEP
            position = self.random.randrange(len(going))
            thread = going[position]
            if not thread.advance():
                thread.end()
                if self._planned < self._wanted:
                    going[position] = self._begin()
                else:
                    going[position] = going[-1]
                    going.pop()
            written += 1
            if written % CHUNK == 0:
                yield self._take()
        for name, head in self._heads.items():
            self._add(tables.streams.name, (self.organization, name, head))
        present = self.random.sample(self._visitors, min(PRESENT, len(self._visitors)))
        for scope in [*self.agents, *present]:
            self._add(tables.presence.name, _beat_row(scope, CONNECTED))
        # Half of them have their conversation open, and every agent has one.
        looked_at = [self._last[scope.principal.id] for scope in present[: len(present) // 2]]
        for scope, place in zip(present, looked_at, strict=False):
            self._add(tables.presence.name, _beat_row(scope, place))
        for scope, place in zip(self.agents, looked_at, strict=False):
            self._add(tables.presence.name, _beat_row(scope, place))
        yield self._take()

    def _take(self) -> Rows:
        rows, self._rows = self._rows, {}
        return rows

    def _add(self, table: str, row: Row) -> None:
        self._rows.setdefault(table, []).append(row)

    def _id(self, prefix: str) -> str:
        """Sortable by time and as long as a real one."""
        return f"{prefix}_{self._now // 1000:011x}{self.random.getrandbits(60):015x}"

    def _begin(self) -> Thread:
        # Every third conversation is of somebody who has written before.
        if self._visitors and self.random.random() < 1 / 3:
            scope = self.random.choice(self._visitors)
        else:
            name = f"user-{len(self._visitors)}"
            scope = scope_of_visitor(
                Visitor(
                    id=name,
                    name=f"Visitor {len(self._visitors)}",
                    email=f"{name}@example.com",
                    organization=self.organization,
                )
            )
            self._visitors.append(scope)
            self._add(tables.contacts.name, _contact_row(scope, self._now))
        # Half are short, a few are very long.
        length = 1 + min(200, int(self.random.expovariate(1 / (LENGTH - 1)) + 0.5))
        self._planned += length
        thread = Thread(self, scope, length)
        self._last[scope.principal.id] = thread.conversation_id
        return thread

    # What a thread writes.

    def message(
        self, conversation: Conversation, scope: Scope, body: str, *, internal: bool
    ) -> list[Change]:
        at = conversation.next_at(self._now)
        client_id = f"c_{at // 1000:x}0001_{self.random.getrandbits(96):029}"
        message = Message(
            id=self._id("msg"),
            conversation_id=conversation.id,
            visibility=Visibility.INTERNAL if internal else Visibility.PUBLIC,
            seq=(conversation.notes_head if internal else conversation.head) + 1,
            at=clock.rfc3339(at),
            sender=scope.principal.participant,
            kind=MessageKind.TEXT,
            body=body,
            client_id=client_id,
        )
        changes = receive(conversation, message, at)
        self.event(conversation, events.MESSAGE_CREATED, message, at, internal=internal)
        self._add(tables.messages.name, _message_row(scope, message, at))
        return changes

    def event(
        self, conversation: Conversation, event: str, data: Any, at: int, *, internal: bool
    ) -> None:
        name = (streams.notes if internal else streams.conversation)(conversation.id)
        seq = self._append(name, event, data, at)
        if internal:
            conversation.notes_head = seq
        else:
            conversation.head = seq

    def committed(self, conversation: Conversation, changes: list[Change]) -> None:
        """What follows from a message or a change, and the inbox's update."""
        for item in changes:
            at = conversation.next_at(self._now)
            self.event(conversation, item.event, item.data, at, internal=item.internal)
        inbox = streams.inbox(self.organization)
        self._append(inbox, events.CONVERSATION_UPDATED, conversation.summary, self._now)

    def _append(self, name: str, event: str, data: Any, at: int) -> int:
        seq = self._heads[name] = self._heads.get(name, 0) + 1
        frame = events.EventFrame(
            stream=name, seq=seq, event=event, at=clock.rfc3339(at), data=data
        )
        about = data.id if isinstance(data, Message) else None
        if event == events.CONVERSATION_UPDATED and data.last_message is not None:
            about = data.last_message.id
        row = (self.organization, name, seq, event, at, about, _encode(frame).decode())
        self._add(tables.events.name, row)
        return seq

    def finished(self, conversation: Conversation, people: list[tuple[Principal, bool]]) -> None:
        """A conversation's final row, and how far each of ``people`` has got."""
        self._heads.setdefault(streams.notes(conversation.id), 0)
        self._add(tables.conversations.name, conversation_row(conversation))
        for principal, up_to_date in people:
            visitor = principal.external_id is not None
            count = conversation.agent_messages if visitor else conversation.visitor_messages
            read = (conversation.head, count) if up_to_date else (0, 0)
            who = (principal.kind.value, principal.id, principal.name, principal.avatar_url)
            row = (self.organization, conversation.id, *who, conversation.head, *read)
            self._add(tables.receipts.name, row)

    def new_conversation(self, scope: Scope) -> Conversation:
        principal = scope.principal
        return Conversation(
            organization=self.organization,
            id=self._id("conv"),
            contact=Contact(
                id=principal.id,
                external_id=principal.external_id,
                verified=True,
                name=principal.name,
                email=principal.email,
                avatar_url=None,
            ),
            created_at=self._now,
            last_at=self._now - 1,
            last_activity_at=self._now,
        )

    @property
    def now(self) -> int:
        return self._now


class Thread:
    """One conversation from its first message to the state in which it was left."""

    def __init__(self, archive: Archive, visitor: Scope, length: int) -> None:
        self._archive = archive
        self._visitor = visitor
        self._chance = chance = archive.random
        self._conversation = archive.new_conversation(visitor)
        self._left = length
        self._agent = chance.choice(archive.agents) if chance.random() < 0.85 else None
        self._outcome = chance.choices(
            (Status.RESOLVED, Status.OPEN, Status.PENDING, Status.SNOOZED), (82, 10, 5, 3)
        )[0]
        self.advance()
        if self._agent is not None:
            principal = self._agent.principal
            to = Assignee(id=principal.id, name=principal.name or "", avatar_url=None)
            self._change(Patch(assignee=to))
        if chance.random() < 0.4:
            self._change(Patch(tags=chance.sample(TAGS, chance.randint(1, 2))))
        if chance.random() < 0.1:
            self._change(Patch(priority=chance.choice(list(Priority))))

    @property
    def conversation_id(self) -> str:
        return self._conversation.id

    def advance(self) -> bool:
        """Write the next message, if there is one left."""
        if not self._left:
            return False
        self._left -= 1
        agent = self._agent
        first = self._conversation.head == 0
        mine = agent is not None and not first and self._chance.random() < 0.5
        note = mine and self._chance.random() < 0.15
        scope = agent if agent is not None and mine else self._visitor
        body = " ".join(self._chance.choices(WORDS, k=self._chance.randint(3, 25)))
        changes = self._archive.message(self._conversation, scope, body, internal=note)
        self._archive.committed(self._conversation, changes)
        return True

    def end(self) -> None:
        if self._outcome is Status.SNOOZED:
            self._change(Patch(status=Status.SNOOZED, snoozed_until=FAR_AWAY))
        elif self._outcome is not Status.OPEN:
            self._change(Patch(status=self._outcome))
        read = self._outcome is Status.RESOLVED or self._chance.random() < 0.5
        people = [(self._visitor.principal, self._chance.random() < 0.9)]
        if self._agent is not None:
            people.append((self._agent.principal, read))
        self._archive.finished(self._conversation, people)

    def _change(self, patch: Patch) -> None:
        actor = (self._agent or self._archive.agents[0]).principal.participant
        changes = change(self._conversation, patch, actor=actor, now=self._archive.now)
        self._archive.committed(self._conversation, changes)


def _agent_row(scope: Scope) -> Row:
    principal = scope.principal
    role = (principal.role or Role.AGENT).value
    who = (principal.id, principal.external_id, principal.name)
    about = (principal.avatar_url, principal.email, role)
    return (scope.organization, *who, *about, Availability.ONLINE.value, BEGINNING)


def _contact_row(scope: Scope, at: int) -> Row:
    principal = scope.principal
    about = (principal.name, principal.email, principal.avatar_url)
    return (scope.organization, principal.id, principal.external_id, True, *about, at)


def _message_row(scope: Scope, message: Message, at: int) -> Row:
    sender = message.sender
    return (
        scope.organization,
        message.conversation_id,
        message.visibility.value,
        message.seq,
        message.id,
        client_key(scope.sender_key, message.client_id),
        at,
        *(sender.kind.value, sender.id, sender.name, sender.avatar_url),
        *(message.kind.value, message.body, message.reply_to, None, None),
    )


def _beat_row(scope: Scope, place: str) -> Row:
    who = scope.principal
    about = (who.kind.value, who.id, "node_archive", who.name, who.avatar_url)
    return (scope.organization, place, *about, FAR_AWAY)
