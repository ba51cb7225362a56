"""What a desk must look like after any writes, worked out without the package's own rules.

The model knows each rule once more, as plainly as it can be said. It is not told what the storage
answers, except for ids and times, which it cannot know.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from campfire_chat.access.actor import Actor
from campfire_chat.access.records import Role


@dataclass(frozen=True)
class Say:
    """Send a message. Numbers are taken modulo what there is by then."""

    who: str
    thread: int
    client: int
    body: int
    internal: bool = False
    reply_to: int | None = None


@dataclass(frozen=True)
class Open:
    """Begin a conversation."""

    who: str
    client: int
    body: int


@dataclass(frozen=True)
class Change:
    """Change a conversation; ``key`` is the number of an idempotency key."""

    who: str
    thread: int
    fields: tuple[tuple[str, Any], ...]
    key: int | None = None


@dataclass(frozen=True)
class Mark:
    """Say how far a conversation was delivered and read."""

    who: str
    thread: int
    delivered: int | None
    read: int | None


@dataclass(frozen=True)
class Edit:
    who: str
    message: int
    body: int


@dataclass(frozen=True)
class Delete:
    who: str
    message: int


@dataclass(frozen=True)
class Together:
    """Writes that wait in the queue at the same time."""

    steps: tuple[Say | Change | Mark, ...]


Step = Say | Open | Change | Mark | Edit | Delete | Together

BODIES = ("One", "Two", "Three")
SUBJECTS = ("Tea", "Kettle")
#: What no conversation may be called.
BAD_SUBJECT = ""
LATER, PAST = "later", "past"


@dataclass
class Stored:
    """A message that was accepted."""

    id: str
    thread: Thread
    sender: tuple[str, str]
    internal: bool
    seq: int
    at: str
    body: str
    reply_to: str | None
    edited: bool = False
    deleted: bool = False


@dataclass
class Thread:
    """A conversation."""

    id: str
    organization: str
    contact: str
    status: str = "open"
    subject: str | None = None
    tags: tuple[str, ...] = ()
    priority: str | None = None
    assignee: str | None = None
    snoozed: bool = False
    snoozed_by: str | None = None
    waiting_since: str | None = None
    first_response_at: str | None = None
    reopened: int = 0
    last: Stored | None = None
    public: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])
    messages: list[Stored] = field(default_factory=list[Stored])
    #: Delivered and read, by participant.
    marks: dict[tuple[str, str], tuple[int, int]] = field(
        default_factory=dict[tuple[str, str], tuple[int, int]]
    )
    #: Since when it is resolved, as the storage said when it was.
    resolved_at: str | None = None

    def public_messages(self, *, of_visitor: bool, through: int | None = None) -> int:
        return sum(
            (message.sender[0] == "visitor") is of_visitor
            and (through is None or message.seq <= through)
            for message in self.messages
            if not message.internal
        )

    def unread(self, who: tuple[str, str]) -> int:
        """Messages of the other side that lie after somebody's read mark."""
        of_visitor = who[0] == "agent"
        _, read = self.marks.get(who, (0, 0))
        total = self.public_messages(of_visitor=of_visitor)
        return total - self.public_messages(of_visitor=of_visitor, through=read)


class Refused(Exception):
    """The write is refused, for one of these reasons (codes), and changes nothing."""

    def __init__(self, *codes: str) -> None:
        super().__init__(codes)
        self.codes = codes


class Desk:
    """Every conversation, and the client ids that were used.

    Args:
        people: The actors of those who write, by name.
        agents: To whom conversations may be given: names by id, by organisation.
    """

    def __init__(self, people: dict[str, Actor], agents: dict[str, dict[str, str]]) -> None:
        self.people = people
        self.agents = agents
        self.threads: list[Thread] = []
        self.messages: list[Stored] = []
        self._known: dict[tuple[str, str, str], Stored] = {}
        #: The conversation and the change that each idempotency key stands for.
        self._keys: dict[tuple[str, str, int], tuple[str, dict[str, Any]]] = {}

    # Reading.

    def thread(self, number: int) -> Thread:
        return self.threads[number]

    def message(self, number: int) -> Stored:
        return self.messages[number]

    def resolved(self, step: Step) -> Step:
        """The step with numbers of conversations and messages that are there now."""
        if isinstance(step, Together):
            return Together(tuple(self.resolved(one) for one in step.steps))  # type: ignore[misc]
        if isinstance(step, Say) and step.reply_to is not None:
            step = replace(step, reply_to=step.reply_to % len(self.messages))
        if isinstance(step, Edit | Delete):
            return replace(step, message=step.message % len(self.messages))
        if isinstance(step, Open):
            return step
        return replace(step, thread=step.thread % len(self.threads))

    def sees(self, who: str, thread: Thread) -> bool:
        actor = self.people[who]
        return actor.organization == thread.organization and (
            actor.is_agent or actor.principal.id == thread.contact
        )

    def assignee(self, thread: Thread) -> tuple[str, str] | None:
        """Id and name of the agent who has a conversation."""
        agent = thread.assignee
        return None if agent is None else (agent, self.agents[thread.organization][agent])

    def earlier(self, who: str, client: int) -> Stored | None:
        """The message that somebody stored under a client id."""
        return self._known.get((*self._sender(who), f"c{client}"))

    def _sender(self, who: str) -> tuple[str, str]:
        actor = self.people[who]
        return (actor.organization, actor.sender_key)

    def participant(self, who: str) -> tuple[str, str]:
        principal = self.people[who].principal
        return (principal.kind.value, principal.id)

    # What is refused. Called before a write; raises, or says what is repeated.

    def check_say(self, step: Say) -> Stored | None:
        thread = self.thread(step.thread)
        codes: list[str] = []
        if self.people[step.who].principal.role == Role.VIEWER:
            codes.append("forbidden")
        if not self.sees(step.who, thread):
            codes.append("not_found")
        if step.internal and not self.people[step.who].is_agent:
            codes.append("forbidden")
        if codes:
            raise Refused(*codes)
        earlier = self.earlier(step.who, step.client)
        target = None if step.reply_to is None else self.message(step.reply_to)
        if earlier is not None:
            same = (
                earlier.thread is thread
                and earlier.internal is step.internal
                and earlier.reply_to == (target.id if target else None)
                and (earlier.edited or earlier.deleted or earlier.body == BODIES[step.body])
            )
            if not same:
                raise Refused("client_id_conflict")
            return earlier
        if target is not None and (
            target.thread is not thread or (target.internal and not step.internal)
        ):
            raise Refused("invalid")
        return None

    def check_open(self, step: Open) -> Stored | None:
        earlier = self.earlier(step.who, step.client)
        if earlier is None:
            return None
        changed = earlier.edited or earlier.deleted
        if (
            earlier.seq != 1
            or earlier.internal
            or not (changed or earlier.body == BODIES[step.body])
        ):
            raise Refused("client_id_conflict")
        return earlier

    def check_change(self, step: Change) -> bool:
        """Whether it had been done before."""
        thread, actor = self.thread(step.thread), self.people[step.who]
        if step.key is not None:
            done = self._keys.get((*self._sender(step.who), step.key))
            if done is not None:
                if done != (thread.id, dict(step.fields)):
                    raise Refused("client_id_conflict")
                return True
        codes: list[str] = []
        if not self.sees(step.who, thread):
            codes.append("not_found")
        elif not actor.is_agent or actor.principal.role == Role.VIEWER:
            codes.append("forbidden")
        fields = dict(step.fields)
        until = fields.get("snoozed_until")
        if (
            fields.get("subject") == BAD_SUBJECT
            or fields.get("assignee") not in (None, *self.agents[thread.organization])
            or (until is not None and fields.get("status") != "snoozed")
        ):
            codes.append("invalid")
        if until == PAST:
            codes.append("snooze_in_past")
        if fields.get("status") == "snoozed" and thread.status == "resolved":
            codes.append("impossible_transition")
        if codes:
            raise Refused(*codes)
        return False

    def check_mark(self, step: Mark) -> None:
        if not self.sees(step.who, self.thread(step.thread)):
            raise Refused("not_found")

    def check_touch(self, step: Edit | Delete) -> Stored:
        """Edit or delete a message."""
        message, actor = self.message(step.message), self.people[step.who]
        if not self.sees(step.who, message.thread) or (message.internal and not actor.is_agent):
            raise Refused("not_found")
        codes: list[str] = []
        own = message.sender == self.participant(step.who)
        admin = isinstance(step, Delete) and actor.principal.role in (Role.ADMIN, Role.OWNER)
        if actor.principal.role == Role.VIEWER or not (own or admin):
            codes.append("forbidden")
        if isinstance(step, Edit) and message.deleted:
            codes.append("message_deleted")
        if codes:
            raise Refused(*codes)
        return message

    # What is accepted.

    def opened(self, step: Open, thread_id: str, message_id: str, at: str) -> Thread:
        actor = self.people[step.who]
        thread = Thread(thread_id, actor.organization, actor.principal.id)
        self.threads.append(thread)
        self._store(step.who, step.client, step.body, thread, message_id, at)
        return thread

    def said(self, step: Say, message_id: str, at: str) -> Stored:
        target = None if step.reply_to is None else self.message(step.reply_to).id
        thread = self.thread(step.thread)
        return self._store(
            *(step.who, step.client, step.body, thread, message_id, at),
            internal=step.internal,
            reply_to=target,
        )

    def _store(
        self,
        who: str,
        client: int,
        body: int,
        thread: Thread,
        message_id: str,
        at: str,
        *,
        internal: bool = False,
        reply_to: str | None = None,
    ) -> Stored:
        stream = thread.notes if internal else thread.public
        stream.append("message.created")
        sender = self.participant(who)
        message = Stored(
            message_id, thread, sender, internal, len(stream), at, BODIES[body], reply_to
        )
        thread.messages.append(message)
        self.messages.append(message)
        self._known[(*self._sender(who), f"c{client}")] = message
        if internal:
            return message
        thread.last = message
        if sender[0] == "agent":
            thread.waiting_since = None
            thread.first_response_at = thread.first_response_at or at
            if thread.status == "snoozed" and thread.snoozed_by != who:
                self._set_status(thread, "open", snoozed=False)
        else:
            thread.waiting_since = thread.waiting_since or at
            # Nobody in the model is connected, so nobody keeps what comes back.
            leaves = thread.status == "resolved" and thread.assignee is not None
            if thread.status != "open":
                self._set_status(thread, "open", snoozed=False)
            if leaves:
                thread.assignee = None
                thread.public.append("conversation.assignee_changed")
        return message

    def changed(self, step: Change) -> None:
        thread, fields = self.thread(step.thread), dict(step.fields)
        if step.key is not None:
            self._keys[(*self._sender(step.who), step.key)] = (thread.id, fields)
        if "status" in fields:
            before = (thread.status, thread.snoozed)
            self._set_status(thread, fields["status"], snoozed="snoozed_until" in fields)
            if before != (thread.status, thread.snoozed):
                thread.snoozed_by = step.who
        for name, stream in (
            *(("assignee", thread.public), ("priority", thread.notes)),
            *(("tags", thread.notes), ("subject", thread.public)),
        ):
            if name in fields and fields[name] != getattr(thread, name):
                setattr(thread, name, fields[name])
                stream.append(f"conversation.{name}_changed")

    def _set_status(self, thread: Thread, status: str, *, snoozed: bool) -> None:
        if status != thread.status:
            thread.public.append("conversation.status_changed")
            if thread.status == "resolved":
                thread.reopened += 1
                thread.resolved_at = None
            if status == "resolved":
                thread.waiting_since = None
            thread.status = status
        if snoozed != thread.snoozed:
            thread.snoozed = snoozed
            thread.notes.append("conversation.snooze_changed")

    def marked(self, step: Mark) -> tuple[int, int, int]:
        """Delivered, read and unread as they are then."""
        thread, who = self.thread(step.thread), self.participant(step.who)
        head = len(thread.public)
        delivered, read = thread.marks.get(who, (0, 0))
        read = max(read, min(step.read or 0, head))
        delivered = max(delivered, read, min(step.delivered or 0, head))
        if (delivered, read) != (0, 0):
            thread.marks[who] = (delivered, read)
        return delivered, read, thread.unread(who)

    def edited(self, step: Edit) -> None:
        message = self.message(step.message)
        if message.body != BODIES[step.body]:
            message.body, message.edited = BODIES[step.body], True
            self._stream_of(message).append("message.updated")

    def deleted(self, step: Delete) -> None:
        message = self.message(step.message)
        if not message.deleted:
            message.body, message.deleted = "", True
            self._stream_of(message).append("message.deleted")

    def _stream_of(self, message: Stored) -> list[str]:
        return message.thread.notes if message.internal else message.thread.public
