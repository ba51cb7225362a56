"""A draft: everything that one transaction of the ledger will write, collected in memory.

It is written with a few bulk statements. So a transaction costs about the same for one message as
for two hundred.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

from campfire_chat import clock, events, ids
from campfire_chat.domain import streams
from campfire_chat.domain.conversations import Change, Conversation
from campfire_chat.domain.principal import Scope
from campfire_chat.domain.receipts import Mark
from campfire_chat.errors import NotFoundError
from campfire_chat.models import ConversationSummary, Message, ReceiptRecord
from campfire_chat.storage import conversations, statements
from campfire_chat.storage import streams as stream_queries
from campfire_chat.storage.dialects import Engine
from campfire_chat.storage.records import client_key, conversation_row
from campfire_chat.storage.statement import BulkInsert, Prepared, Row

_encode = msgspec.json.Encoder().encode

StreamKey = tuple[str, str]
#: The heads of streams.
Heads = Mapping[StreamKey, int]
ConversationKey = tuple[str, str]
MarkKey = tuple[str, str, str, str]
Writes = list[tuple[BulkInsert, Sequence[Row]]]


class Committed(NamedTuple):
    """A committed event: its place, and the text that every client receives."""

    organization: str
    stream: str
    seq: int
    payload: str


class Notice(NamedTuple):
    """A receipt that is sent to connected clients."""

    organization: str
    conversation_id: str
    receipt: ReceiptRecord


class Deferral(NamedTuple):
    """Work that is to be done after the commit that carries it.

    Attributes:
        kind: The name of a job kind; see :mod:`campfire_chat.jobs`.
        arguments: What the work is about, as JSON.
        run_at: When it may begin, in microseconds since 1970.
        key: Of a kind and a key there is one job that waits to be begun: a second deferral gives
            it another time and other arguments. Without a key every deferral is a job.
    """

    organization: str
    kind: str
    arguments: str
    run_at: int
    key: str | None


class Unread(Exception):
    """A record that is needed is not in memory and has to be read first."""


class _Untold:
    """An event of an inbox whose seq is not known yet: the text before and after the seq."""

    __slots__ = ("after", "at", "before", "message_id")

    def __init__(self, summary: ConversationSummary, at: int, organization: str) -> None:
        frame = events.EventFrame(
            stream=streams.inbox(organization),
            seq=0,
            event=events.CONVERSATION_UPDATED,
            at=clock.rfc3339(at),
            data=summary,
        )
        # Quotation marks inside a JSON string are escaped, so the first match is the field.
        before, found, after = _encode(frame).decode().partition('"seq":0,')
        if not found:
            raise AssertionError("an event frame without a seq")
        self.before = before + '"seq":'
        self.after = "," + after
        self.at = at
        self.message_id = None if summary.last_message is None else summary.last_message.id


class Records(Struct):
    """Records in memory.

    Attributes:
        heads: The head of each stream.
        conversations: By id. None means that it does not exist.
        marks: The marks of participants. Only for conversations in ``with_marks`` does a missing
            entry mean that there is none.
    """

    heads: dict[StreamKey, int] = {}
    conversations: dict[ConversationKey, Conversation | None] = {}
    marks: dict[MarkKey, Mark] = {}
    with_marks: set[ConversationKey] = set()


class Draft:
    """See the module.

    Args:
        records: The records that the draft starts from. They change with the draft.
        now: The time of the changes, in microseconds.

    Attributes:
        based_on: The heads, before the draft, of every conversation that it used, and of its notes.
            If they are unchanged when the draft is written, the conversations are unchanged too,
            because every change moves a head.
        repeated: The heads of streams in which a repeated write was found. The process that
            stored it may have crashed before it announced it.
    """

    def __init__(self, records: Records, now: int) -> None:
        self.now = now
        self.records = records
        self.committed: list[Committed] = []
        self.notices: dict[MarkKey, Notice] = {}
        self.repeated: dict[StreamKey, int] = {}
        self.known: dict[tuple[str, str], Message] = {}
        self.reply_targets: dict[tuple[str, str], Message] = {}
        self.based_on: dict[ConversationKey, tuple[int, int]] = {}
        self._touched: dict[ConversationKey, Conversation] = {}
        self._changed_heads: set[StreamKey] = set()
        self._untold: dict[str, list[_Untold]] = {}
        self._event_rows: list[Row] = []
        self._message_rows: list[Row] = []
        self._receipt_rows: dict[MarkKey, Row] = {}
        self._job_rows: dict[tuple[str, str, str], Row] = {}
        #: When the earliest job that was deferred may begin; None without one.
        self.next_job_at: int | None = None

    # Records in memory.

    def conversation(self, scope: Scope, conversation_id: str) -> Conversation:
        """A conversation from memory, if the caller may see it.

        Raises:
            NotFoundError: No such conversation, or not one that the caller may see.
            Unread: It was not read yet.
        """
        key = (scope.organization, conversation_id)
        try:
            found = self.records.conversations[key]
        except KeyError:
            raise Unread from None
        if found is None or not conversations.may_see(scope, found):
            raise NotFoundError("There is no such conversation.")
        if key not in self.based_on:
            self.based_on[key] = (found.head, found.notes_head)
        return found

    def mark(self, scope: Scope, conversation_id: str) -> Mark:
        """The caller's mark.

        Raises:
            Unread: The marks of the conversation were not read yet.
        """
        if (scope.organization, conversation_id) not in self.records.with_marks:
            raise Unread
        return self.records.marks.get(_mark_key(scope, conversation_id), Mark())

    def repeat(self, conversation: Conversation) -> None:
        """Note that a write to the conversation was a repetition."""
        organization = conversation.organization
        inbox = (organization, streams.inbox(organization))
        self.repeated[organization, streams.conversation(conversation.id)] = conversation.head
        self.repeated[organization, streams.notes(conversation.id)] = conversation.notes_head
        if inbox in self.records.heads:
            self.repeated[inbox] = self.records.heads[inbox]

    # Changes to write.

    def touch(self, conversation: Conversation) -> None:
        """Note that the row has to be written, and the inbox needs an event."""
        self._touched[conversation.organization, conversation.id] = conversation

    def next_seq(self, conversation: Conversation, *, internal: bool) -> int:
        """The seq of the next event in that stream of the conversation."""
        return (conversation.notes_head if internal else conversation.head) + 1

    def append(
        self,
        conversation: Conversation,
        event: str,
        data: events.EventData,
        at: int,
        *,
        internal: bool,
    ) -> int:
        """Add an event to one of a conversation's streams and return its seq."""
        name = (streams.notes if internal else streams.conversation)(conversation.id)
        seq = self._append(conversation.organization, name, event, data, at)
        if internal:
            conversation.notes_head = seq
        else:
            conversation.head = seq
        self.touch(conversation)
        return seq

    def append_changes(self, conversation: Conversation, changes: Iterable[Change]) -> None:
        for item in changes:
            at = conversation.next_at(self.now)
            self.append(conversation, item.event, item.data, at, internal=item.internal)

    def add_message(self, scope: Scope, message: Message, at: int) -> None:
        sender = message.sender
        self._message_rows.append(
            (
                scope.organization,
                message.conversation_id,
                message.visibility.value,
                message.seq,
                message.id,
                client_key(scope.sender_key, message.client_id),
                at,
                sender.kind.value,
                sender.id,
                sender.name,
                sender.avatar_url,
                message.kind.value,
                message.body,
                message.reply_to,
                None,
                None,
            )
        )

    def set_mark(self, scope: Scope, conversation_id: str, mark: Mark) -> None:
        key = _mark_key(scope, conversation_id)
        participant = scope.principal.participant
        self.records.marks[key] = mark
        self._receipt_rows[key] = (
            scope.organization,
            conversation_id,
            participant.kind.value,
            participant.id,
            participant.name,
            participant.avatar_url,
            mark.delivered,
            mark.read,
            mark.read_count,
        )
        self.notices[key] = Notice(
            scope.organization,
            conversation_id,
            ReceiptRecord(participant=participant, delivered=mark.delivered, read=mark.read),
        )

    def defer(self, deferral: Deferral) -> None:
        """Have work done after the commit, by whichever process claims it first."""
        organization, kind, arguments, run_at, key = deferral
        job_id = ids.new(ids.JOB)
        row = (
            *(organization, job_id, kind, key, arguments, run_at),
            *(None, 0, self.now, None, None),
        )
        # Two jobs of one key cannot be written by one statement; the later deferral counts.
        self._job_rows[organization, kind, job_id if key is None else f"key {key}"] = row
        if self.next_job_at is None or run_at < self.next_job_at:
            self.next_job_at = run_at

    def writes(self) -> Writes:
        """Return the collected changes, except for the inboxes, as statements with their rows.
        Afterwards the draft no longer holds them."""
        changed = list(self._touched.values())
        for conversation in changed:
            # One event for the row of the list, whatever changed: it contains the whole summary.
            self._untold.setdefault(conversation.organization, []).append(
                _Untold(conversation.summary, self.now, conversation.organization)
            )
        heads = [(*key, self.records.heads[key]) for key in sorted(self._changed_heads)]
        writes: Writes = [
            (statements.WRITE_CONVERSATIONS, [conversation_row(item) for item in changed]),
            (statements.INSERT_MESSAGES, self._message_rows),
            (statements.WRITE_RECEIPTS, list(self._receipt_rows.values())),
            (statements.INSERT_EVENTS, self._event_rows),
            (statements.WRITE_STREAMS, heads),
            # In one order for everybody, so that no two can wait for each other's keys.
            (statements.INSERT_JOBS, [self._job_rows[key] for key in sorted(self._job_rows)]),
        ]
        self._touched, self._changed_heads = {}, set()
        self._message_rows, self._event_rows, self._receipt_rows = [], [], {}
        self._job_rows = {}
        return [(statement, rows) for statement, rows in writes if rows]

    @property
    def untold(self) -> dict[str, int]:
        """The number of events for the inbox of each organisation."""
        return {organization: len(items) for organization, items in self._untold.items()}

    def tell_inboxes(self, heads: Mapping[str, int]) -> Sequence[Row]:
        """The events for the inboxes, as rows, after these heads.

        They come last. Every write in an organisation changes its inbox, so its lock should be
        held as briefly as possible.
        """
        rows: list[Row] = []
        for organization, items in self._untold.items():
            name = streams.inbox(organization)
            seq = heads[organization]
            for untold in items:
                seq += 1
                payload = untold.before + str(seq) + untold.after
                message_id = untold.message_id
                event = events.CONVERSATION_UPDATED
                rows.append((organization, name, seq, event, untold.at, message_id, payload))
                self.committed.append(Committed(organization, name, seq, payload))
            self.records.heads[organization, name] = seq
        self._untold = {}
        return rows

    def tell(self, engine: Engine) -> list[tuple[str, Prepared]]:
        """The statements that write the events of the inboxes, for an engine that takes columns.
        All processes use the same order. Call :meth:`told` afterwards."""
        return [
            (
                organization,
                stream_queries.TELL.prepare(
                    engine,
                    {
                        "org_id": organization,
                        "stream": streams.inbox(organization),
                        "event": events.CONVERSATION_UPDATED,
                        "count": len(items),
                        "before": [item.before for item in items],
                        "after": [item.after for item in items],
                        "at": [item.at for item in items],
                        "message_id": [item.message_id for item in items],
                    },
                ),
            )
            for organization, items in sorted(self._untold.items())
        ]

    def told(self, heads: Mapping[str, int]) -> None:
        """Note the heads of the inboxes after their events were written."""
        self.tell_inboxes({name: heads[name] - count for name, count in self.untold.items()})

    def inbox_writes(self) -> Writes:
        """The events for the inboxes whose heads are in memory, and the heads after them."""
        inboxes = [(name, streams.inbox(name)) for name in sorted(self._untold)]
        if not inboxes:
            return []
        told = self.tell_inboxes({key[0]: self.records.heads[key] for key in inboxes})
        rows = [(*key, self.records.heads[key]) for key in inboxes]
        return [(statements.INSERT_EVENTS, told), (statements.WRITE_STREAMS, rows)]

    def messages_so_far(self) -> Writes:
        """Only the messages, for a query that counts them next."""
        rows, self._message_rows = self._message_rows, []
        return [(statements.INSERT_MESSAGES, rows)] if rows else []

    def forget(self) -> None:
        """Discard the collected changes and the records, except the heads."""
        self.records.conversations = {}
        self.records.marks = {}
        self.records.with_marks = set()
        self._touched = {}
        self._changed_heads = set()
        self._untold = {}
        self._event_rows = []
        self._message_rows = []
        self._receipt_rows = {}
        self._job_rows = {}

    def begin_stream(self, organization: str, name: str) -> None:
        """Write the row of a stream without events. A row that does not exist cannot be locked
        later."""
        self.records.heads[organization, name] = 0
        self._changed_heads.add((organization, name))

    def _append(
        self, organization: str, name: str, event: str, data: events.EventData, at: int
    ) -> int:
        key = (organization, name)
        seq = self.records.heads[key] + 1
        self.records.heads[key] = seq
        self._changed_heads.add(key)
        payload = _encode(
            events.EventFrame(stream=name, seq=seq, event=event, at=clock.rfc3339(at), data=data)
        ).decode()
        row = (organization, name, seq, event, at, _message_in(data), payload)
        self._event_rows.append(row)
        self.committed.append(Committed(organization, name, seq, payload))
        return seq


def _mark_key(scope: Scope, conversation_id: str) -> MarkKey:
    principal = scope.principal
    return (scope.organization, conversation_id, principal.kind.value, principal.id)


def _message_in(data: events.EventData) -> str | None:
    """The message whose text an event contains."""
    return data.id if isinstance(data, Message) else None
