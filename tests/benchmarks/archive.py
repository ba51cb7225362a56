"""A desk with a past: an organisation with any number of messages, the same for the same seed.

Conversations go on beside each other, a few hundred at a time, so that the rows of one lie
scattered among those of others as they do where people really talk. The domain's own rules make
the states and events; :mod:`tests.benchmarks.bulk` writes the rows, past the ledger.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from typing import Any

import msgspec

from campfire_chat.access.actor import Actor, Principal, actor_of_agent, actor_of_visitor
from campfire_chat.access.records import Agent, Availability, Role, Visitor
from campfire_chat.access.roles import Roles
from campfire_chat.core import clock
from campfire_chat.core.attributes import Value, sortable
from campfire_chat.database.prepared import Row
from campfire_chat.features.agents import tables as agent_tables
from campfire_chat.features.agents.records import Assignee
from campfire_chat.features.contacts import codec as contact_codec
from campfire_chat.features.contacts import queries as contact_queries
from campfire_chat.features.contacts import rules as contact_rules
from campfire_chat.features.contacts import tables as contact_tables
from campfire_chat.features.contacts.records import Contact
from campfire_chat.features.conversations import events as conversation_events
from campfire_chat.features.conversations import tables as conversation_tables
from campfire_chat.features.conversations.codec import CONVERSATION_ROWS
from campfire_chat.features.conversations.records import Priority, Status
from campfire_chat.features.conversations.rules import Change, Conversation, Patch, change, receive
from campfire_chat.features.conversations.streams import CONVERSATION, NOTES
from campfire_chat.features.messages import events as message_events
from campfire_chat.features.messages import tables as message_tables
from campfire_chat.features.messages.codec import MESSAGE_ROWS
from campfire_chat.features.messages.records import Message, MessageKind, Visibility
from campfire_chat.features.presence import tables as presence_tables
from campfire_chat.features.presence.queries import CONNECTED
from campfire_chat.features.receipts import tables as receipt_tables
from campfire_chat.features.tags import tables as tag_tables
from campfire_chat.ledger import events, streams
from campfire_chat.ledger import tables as ledger_tables
from campfire_chat.ledger.client_keys import client_key
from campfire_chat.ledger.events import EventType
from tests.benchmarks.vocabulary import words

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
        self._begun = 0
        self._rows: Rows = {}
        self._heads: dict[str, int] = {streams.inbox(organization): 0}
        self._visitors: list[Actor] = []
        #: The last conversation of each visitor.
        self._last: dict[str, str] = {}
        roles = Roles()
        self.agents = [
            actor_of_agent(
                Agent(id=f"agent-{n}", name=f"Agent {n:02}", organization=organization),
                AGENT_KEY,
                roles,
            )
            for n in range(AGENTS)
        ]

    def chunks(self) -> Iterator[Rows]:
        """Rows by table, in the order in which they would have been written."""
        for agent in self.agents:
            self._add(agent_tables.agents.name, _agent_row(agent))
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
            self._add(ledger_tables.streams.name, (self.organization, name, head))
        for name in TAGS:
            self._add(tag_tables.tags.name, _tag_row(self.organization, name))
        present = self.random.sample(self._visitors, min(PRESENT, len(self._visitors)))
        for actor in [*self.agents, *present]:
            self._add(presence_tables.presence.name, _beat_row(actor, CONNECTED))
        # Half of them have their conversation open, and every agent has one.
        looked_at = [self._last[actor.principal.id] for actor in present[: len(present) // 2]]
        for actor, place in zip(present, looked_at, strict=False):
            self._add(presence_tables.presence.name, _beat_row(actor, place))
        for actor, place in zip(self.agents, looked_at, strict=False):
            self._add(presence_tables.presence.name, _beat_row(actor, place))
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
            actor = self.random.choice(self._visitors)
        else:
            name = f"user-{len(self._visitors)}"
            actor = actor_of_visitor(
                Visitor(
                    id=name,
                    name=f"Visitor {len(self._visitors)}",
                    email=f"{name}@example.com",
                    organization=self.organization,
                )
            )
            self._visitors.append(actor)
            contact = contact_queries.of(actor)
            self._add(contact_tables.contacts.name, _contact_row(actor, self._now))
            for word in contact_rules.words_of(contact):
                row = (self.organization, word, contact.id)
                self._add(contact_tables.contact_words.name, row)
            for key, value in _plan_of(actor).items():
                row = (self.organization, contact.id, key, sortable(value))
                self._add(contact_tables.contact_values.name, row)
        # Half are short, a few are very long.
        length = 1 + min(200, int(self.random.expovariate(1 / (LENGTH - 1)) + 0.5))
        self._planned += length
        thread = Thread(self, actor, length)
        self._last[actor.principal.id] = thread.conversation_id
        return thread

    # What a thread writes.

    def message(
        self, conversation: Conversation, actor: Actor, body: str, *, internal: bool
    ) -> list[Change]:
        at = conversation.next_at(self._now)
        client_id = f"c_{at // 1000:x}0001_{self.random.getrandbits(96):029}"
        message = Message(
            id=self._id("msg"),
            conversation_id=conversation.id,
            visibility=Visibility.INTERNAL if internal else Visibility.PUBLIC,
            seq=(conversation.notes_head if internal else conversation.head) + 1,
            at=clock.rfc3339(at),
            sender=actor.principal.participant,
            kind=MessageKind.TEXT,
            body=body,
            client_id=client_id,
        )
        changes = receive(conversation, message, at)
        self.event(conversation, message_events.MESSAGE_CREATED, message, at, internal=internal)
        key = client_key(actor.sender_key, client_id)
        row = MESSAGE_ROWS.write(message, actor.organization, key, at)
        self._add(message_tables.messages.name, row)
        return changes

    def event(
        self, conversation: Conversation, event: EventType, data: Any, at: int, *, internal: bool
    ) -> None:
        name = (NOTES if internal else CONVERSATION).name(conversation.id)
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
        self._append(
            inbox, conversation_events.CONVERSATION_UPDATED, conversation.summary, self._now
        )

    def _append(self, name: str, event: EventType, data: Any, at: int) -> int:
        seq = self._heads[name] = self._heads.get(name, 0) + 1
        frame = events.EventFrame(
            stream=name, seq=seq, event=event.name, at=clock.rfc3339(at), data=data
        )
        text_of = event.text_of(data)
        payload = _encode(frame).decode()
        row = (self.organization, name, seq, event.name, at, text_of, payload, None)
        self._add(ledger_tables.events.name, row)
        return seq

    def finished(self, conversation: Conversation, people: list[tuple[Principal, bool]]) -> None:
        """A conversation's final row, and how far each of ``people`` has got."""
        self._heads.setdefault(NOTES.name(conversation.id), 0)
        self._add(conversation_tables.conversations.name, CONVERSATION_ROWS.write(conversation))
        for name in conversation.tags:
            link = (self.organization, f"tag_{name}", conversation.id)
            self._add(tag_tables.conversation_tags.name, link)
        for principal, up_to_date in people:
            visitor = principal.external_id is not None
            count = conversation.agent_messages if visitor else conversation.visitor_messages
            read = (conversation.head, count) if up_to_date else (0, 0)
            who = (principal.kind.value, principal.id, principal.name, principal.avatar_url)
            row = (self.organization, conversation.id, *who, conversation.head, *read)
            self._add(receipt_tables.receipts.name, row)

    def new_conversation(self, actor: Actor) -> Conversation:
        principal = actor.principal
        self._begun += 1
        conversation_id = self._id("conv")
        numbered = (self.organization, self._begun, conversation_id)
        self._add(conversation_tables.conversation_numbers.name, numbered)
        return Conversation(
            organization=self.organization,
            id=conversation_id,
            number=self._begun,
            contact=Contact(
                id=principal.id,
                external_id=principal.external_id,
                verified=True,
                name=principal.name,
                email=principal.email,
                avatar_url=None,
                blocked=False,
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

    def __init__(self, archive: Archive, visitor: Actor, length: int) -> None:
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
        actor = agent if agent is not None and mine else self._visitor
        body = " ".join(words(self._chance, self._chance.randint(3, 25)))
        changes = self._archive.message(self._conversation, actor, body, internal=note)
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


def _agent_row(actor: Actor) -> Row:
    principal = actor.principal
    role = principal.role or Role.AGENT.value
    who = (principal.id, principal.external_id, principal.name)
    about = (principal.avatar_url, principal.email, role)
    return (actor.organization, *who, *about, Availability.ONLINE.value, BEGINNING)


def _tag_row(organization: str, name: str) -> Row:
    about = (name, name, "gray", "")
    return (organization, f"tag_{name}", *about, "system", BEGINNING, "system", BEGINNING)


def _contact_row(actor: Actor, at: int) -> Row:
    principal = actor.principal
    about = (principal.name, principal.email, principal.avatar_url)
    contact = contact_queries.of(actor)
    words = contact_rules.stored_words(contact_rules.words_of(contact))
    found_by = (contact_rules.sort_name(contact), words)
    who = (principal.id, principal.external_id, True)
    known = (contact_codec.encode(_plan_of(actor)), False)
    return (actor.organization, *who, *about, at, at, *found_by, *known)


def _plan_of(actor: Actor) -> dict[str, Value]:
    """What is known of somebody: every fifth pays."""
    return {"plan": "free" if zlib.crc32(actor.principal.id.encode()) % 5 else "pro"}


def _beat_row(actor: Actor, place: str) -> Row:
    who = actor.principal
    about = (who.kind.value, who.id, "node_archive", who.name, who.avatar_url)
    return (actor.organization, place, *about, FAR_AWAY)
