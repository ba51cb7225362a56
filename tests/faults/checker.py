"""The delivery contract as functions over what clients wrote down and what the database holds.

Every function names what broke its rule; an empty list is proof as far as the journal goes. The
database is read by plain SQL on a connection of its own (``tests.support.truth``), so nothing in
here shares a line with the code that is judged.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from msgspec import Struct

from campfire_chat.features.conversations.events import CONVERSATION_UPDATED
from campfire_chat.features.presence.events import SESSION_ENDED
from campfire_chat.ledger.events import HIDDEN
from tests.faults.scenario import Finding, none_of
from tests.support.client import Frame, same_event
from tests.support.truth import Truth


class Answer(Struct, frozen=True):
    """An ``ok`` that a sender got; ``at`` by the machine's monotonic clock."""

    at: float
    message_id: str
    seq: int
    duplicate: bool


class Sent(Struct):
    """A message that somebody wanted to send, with every answer they got.

    Attributes:
        sender: As the database names them: ``kind:id``.
        began: When it was first handed to a socket or a request, by the monotonic clock.
        attempts: How often it was.
    """

    sender: str
    client_id: str
    conversation_id: str
    body: str
    began: float
    internal: bool = False
    attempts: int = 0
    answers: list[Answer] = []

    @property
    def stream(self) -> str:
        return f"{'notes' if self.internal else 'conversation'}:{self.conversation_id}"

    @property
    def key(self) -> str:
        return f"{self.client_id}\x1f{self.sender}"


class Log(Struct, frozen=True):
    """What one client has applied of one stream: everything after ``start``, in order."""

    client: str
    stream: str
    start: int
    applied: Sequence[Frame]


class Journal(Struct):
    """What the clients of one organisation wrote down.

    Attributes:
        broken: What a client saw that the protocol rules out, in its own words.
    """

    sent: list[Sent] = []
    logs: list[Log] = []
    broken: list[str] = []


class MessageRow(Struct, frozen=True):
    """A row of ``campfire_messages``."""

    message_id: str
    client_key: str
    conversation_id: str
    visibility: str
    seq: int
    body: str
    edited: bool
    deleted: bool


class ConversationRow(Struct, frozen=True):
    """A row of ``campfire_conversations``, as far as events speak of it."""

    conversation_id: str
    status: str
    assignee_id: str | None
    head: int
    notes_head: int


class Stored(Struct, frozen=True):
    """What the database holds of one organisation.

    Attributes:
        events: Payloads by stream, by seq.
        heads: Of every stream that has any.
    """

    events: dict[str, list[Frame]]
    heads: dict[str, int]
    messages: list[MessageRow]
    conversations: list[ConversationRow]


def read(truth: Truth, organization: str) -> Stored:
    """Read an organisation; nobody may be writing to it."""
    messages = truth.query(
        "SELECT message_id, client_key, conversation_id, visibility, seq, body, "
        "edited_at IS NOT NULL, deleted_at IS NOT NULL FROM campfire_messages WHERE org_id = ?",
        organization,
    )
    conversations = truth.query(
        "SELECT conversation_id, status, assignee_id, head, notes_head "
        "FROM campfire_conversations WHERE org_id = ?",
        organization,
    )
    return Stored(
        events=truth.streams(organization),
        heads=truth.heads(organization),
        messages=[MessageRow(*row[:6], bool(row[6]), bool(row[7])) for row in messages],
        conversations=[ConversationRow(*row) for row in conversations],
    )


# The rules.


def acknowledged_is_stored(journal: Journal, stored: Stored) -> list[str]:
    """Whatever was answered with ``ok`` is there, under the id and seq that the answer named."""
    rows = {row.client_key: row for row in stored.messages}
    broken: list[str] = []
    for sent in journal.sent:
        for answer in sent.answers:
            row = rows.get(sent.key)
            if row is None:
                broken.append(f"{sent.client_id} was acknowledged and is not stored")
                break
            if (row.message_id, row.seq) != (answer.message_id, answer.seq):
                broken.append(
                    f"{sent.client_id} was acknowledged as {answer.message_id}#{answer.seq} "
                    f"and is stored as {row.message_id}#{row.seq}"
                )
            if row.conversation_id != sent.conversation_id:
                broken.append(f"{sent.client_id} is stored in another conversation")
            if row.body != sent.body and not row.edited and not row.deleted:
                broken.append(f"{sent.client_id} is stored with another text")
    return broken


def stored_once(journal: Journal, stored: Stored) -> list[str]:
    """One row, one event and one first answer for each sender and client id."""
    broken = [
        f"{key!r} is stored {count} times"
        for key, count in Counter(row.client_key for row in stored.messages).items()
        if count > 1
    ]
    created = Counter(
        event["data"]["id"]
        for events in stored.events.values()
        for event in events
        if event["event"] == "message.created"
    )
    broken += [f"{key} was created {count} times" for key, count in created.items() if count > 1]
    for sent in journal.sent:
        if sum(not answer.duplicate for answer in sent.answers) > 1:
            broken.append(f"{sent.client_id} was answered twice as new")
    return broken


def contiguous(stored: Stored) -> list[str]:
    """The seqs of every stream are 1, 2, 3, …"""
    return [
        f"{stream} goes {_first_wrong([event['seq'] for event in events])}"
        for stream, events in stored.events.items()
        if [event["seq"] for event in events] != list(range(1, len(events) + 1))
    ]


def _first_wrong(seqs: list[int]) -> str:
    for position, seq in enumerate(seqs, start=1):
        if seq != position:
            return f"… {seqs[max(0, position - 3) : position + 2]} …"
    return str(seqs)


def heads_are_last(stored: Stored) -> list[str]:
    """The head row of a stream is its last event, and so is what the conversation says of it."""
    broken: list[str] = []
    for stream in stored.heads.keys() | stored.events.keys():
        head, events = stored.heads.get(stream, 0), stored.events.get(stream, [])
        last = events[-1]["seq"] if events else 0
        if head != last:
            broken.append(f"the head of {stream} is {head}, its last event {last}")
    for row in stored.conversations:
        for name, head in (("conversation", row.head), ("notes", row.notes_head)):
            stream = f"{name}:{row.conversation_id}"
            if head != stored.heads.get(stream, 0):
                broken.append(f"{row.conversation_id} says {head} of {stream}")
    return broken


def order_is_real(journal: Journal, stored: Stored) -> list[str]:
    """Whoever sends after somebody's ``ok`` in the same stream gets a higher seq.

    All clients are on one machine, so one monotonic clock orders what they did. A message counts
    as sent when its first attempt began: that one may be what was stored.
    """
    rows = {row.client_key: row for row in stored.messages}
    acknowledged: dict[str, list[tuple[float, int]]] = {}
    for sent in journal.sent:
        if sent.answers:
            first = min(sent.answers, key=lambda answer: answer.at)
            acknowledged.setdefault(sent.stream, []).append((first.at, first.seq))
    highest: dict[str, tuple[list[float], list[int]]] = {}
    for stream, answers in acknowledged.items():
        answers.sort()
        times, seqs = [], []
        top = 0
        for at, seq in answers:
            top = max(top, seq)
            times.append(at)
            seqs.append(top)
        highest[stream] = (times, seqs)
    broken: list[str] = []
    for sent in journal.sent:
        row = rows.get(sent.key)
        if row is None or sent.stream not in highest:
            continue
        times, seqs = highest[sent.stream]
        before = bisect_left(times, sent.began)
        if before and seqs[before - 1] >= row.seq:
            broken.append(
                f"{sent.client_id} is {sent.stream}#{row.seq}, "
                f"but #{seqs[before - 1]} had been acknowledged before it was sent"
            )
    return broken


def logs_are_prefixes(journal: Journal, stored: Stored) -> list[str]:
    """What a client has applied is what the database holds, from where it began, up to where
    it is, without a gap."""
    broken: list[str] = []
    for log in journal.logs:
        events = stored.events.get(log.stream, [])
        expected = events[log.start : log.start + len(log.applied)]
        if len(expected) < len(log.applied):
            broken.append(f"{log.client} has more of {log.stream} than there is")
            continue
        for position, (mine, theirs) in enumerate(zip(log.applied, expected, strict=True)):
            if not same_event(mine, theirs):
                seq = log.start + position + 1
                broken.append(f"{log.client} has something else as {log.stream}#{seq}")
                break
    return broken


def nobody_is_behind(journal: Journal, stored: Stored) -> list[str]:
    """Every log reaches the head; only to be asked once everybody had the time."""
    return [
        f"{log.client} is at {log.start + len(log.applied)} of {head} of {log.stream}"
        for log in journal.logs
        if log.start + len(log.applied) < (head := _last_heard(stored.events.get(log.stream, [])))
    ]


def _last_heard(events: Sequence[Frame]) -> int:
    """How many events somebody was there for. The sessions of agents end a while after the last
    of them has left, when nobody is there to hear of it. What is hidden at the end are agents'
    notifications: they are told a moment after what they are about."""
    heard = len(events)
    while heard and events[heard - 1]["event"] in (SESSION_ENDED.name, HIDDEN.name):
        heard -= 1
    return heard


def state_is_events(stored: Stored) -> list[str]:
    """Whoever folds the events gets the tables: the messages, and what the inbox shows."""
    broken: list[str] = []
    folded: dict[str, MessageRow] = {}
    for stream, events in stored.events.items():
        if stream.startswith("inbox:"):
            continue
        for event in events:
            if not event["event"].startswith("message."):
                continue
            record = event["data"]
            created = event["event"] == "message.created"
            if created and (record["seq"] != event["seq"] or record["id"] in folded):
                broken.append(f"{stream}#{event['seq']} creates {record['id']} wrongly")
            if not created and record["id"] not in folded:
                broken.append(f"{stream}#{event['seq']} changes {record['id']} before it is there")
            sender = record["sender"]
            folded[record["id"]] = MessageRow(
                message_id=record["id"],
                client_key=f"{record['client_id']}\x1f{sender['kind']}:{sender['id']}",
                conversation_id=record["conversation_id"],
                visibility=record["visibility"],
                seq=record["seq"],
                body=record["body"],
                edited=record["edited_at"] is not None,
                deleted=record["deleted_at"] is not None,
            )
    rows = {row.message_id: row for row in stored.messages}
    for message_id in folded.keys() | rows.keys():
        if folded.get(message_id) != rows.get(message_id):
            broken.append(
                f"{message_id} is {rows.get(message_id)}, its events say {folded.get(message_id)}"
            )
    shown: dict[str, Any] = {
        event["data"]["id"]: event["data"]
        for stream, events in stored.events.items()
        if stream.startswith("inbox:")
        for event in events
        if event["event"] == CONVERSATION_UPDATED.name
    }
    for row in stored.conversations:
        summary = shown.get(row.conversation_id)
        if summary is None:
            broken.append(f"the inbox was never told of {row.conversation_id}")
            continue
        assignee = summary["assignee"]
        told = ConversationRow(
            conversation_id=row.conversation_id,
            status=summary["status"],
            assignee_id=None if assignee is None else assignee["id"],
            head=summary["head"],
            notes_head=summary["notes_head"],
        )
        if told != row:
            broken.append(f"the inbox shows {told}, the table has {row}")
    return broken


def never_back_in_time(stored: Stored) -> list[str]:
    """``at`` strictly increases within a conversation's streams, whatever the clocks do. Nothing is
    promised of the others: one commit may tell a person of two things at the same microsecond."""
    broken: list[str] = []
    for stream, events in stored.events.items():
        if not stream.startswith(("conversation:", "notes:")):
            continue
        moments = [event["at"] for event in events]
        for earlier, later in pairwise(moments):
            if later <= earlier:
                broken.append(f"{stream} goes from {earlier} to {later}")
                break
    return broken


def findings(journal: Journal, stored: Stored, *, settled: bool = True) -> list[Finding]:
    """Every rule as a row of the report.

    Args:
        settled: Whether everybody was given the time to get everything.
    """
    return list(_findings(journal, stored, settled))


def _findings(journal: Journal, stored: Stored, settled: bool) -> Iterable[Finding]:
    count = sum(bool(sent.answers) for sent in journal.sent)
    yield none_of(f"lost, of {count:,} acknowledged", acknowledged_is_stored(journal, stored))
    yield none_of("stored twice", stored_once(journal, stored))
    yield none_of("streams with a gap", contiguous(stored))
    yield none_of("heads that differ from the last event", heads_are_last(stored))
    yield none_of("messages sent after an ok but ordered before it", order_is_real(journal, stored))
    logs = f"client records, of {len(journal.logs):,}, that are not a prefix"
    yield none_of(logs, logs_are_prefixes(journal, stored))
    if settled:
        yield none_of(
            "client records that do not reach the head", nobody_is_behind(journal, stored)
        )
    yield none_of("state that differs from the events", state_is_events(stored))
    yield none_of("times that decrease", never_back_in_time(stored))
    if journal.broken:
        yield none_of("frames that violate the protocol", journal.broken)
