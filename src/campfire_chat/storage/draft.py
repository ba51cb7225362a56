"""What one transaction of the ledger is going to write, gathered in memory.

Changes go out in a handful of bulk statements, so that a transaction costs about the same
whether it carries one message or two hundred.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

from campfire_chat import clock, events
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
#: How far streams go.
Heads = Mapping[StreamKey, int]
ConversationKey = tuple[str, str]
MarkKey = tuple[str, str, str, str]
Writes = list[tuple[BulkInsert, Sequence[Row]]]


class Committed(NamedTuple):
    """An event that is durable: where it stands and the text that every reader gets."""

    organization: str
    stream: str
    seq: int
    payload: str


class Notice(NamedTuple):
    """A receipt to be told to whoever is connected."""

    organization: str
    conversation_id: str
    receipt: ReceiptRecord


class Unread(Exception):
    """A record that is needed is not in hand and has to be read first."""


class _Untold:
    """An event for an inbox whose seq is not known yet: its text around it."""

    __slots__ = ("after", "at", "before", "message_id")

    def __init__(self, summary: ConversationSummary, at: int, organization: str) -> None:
        frame = events.EventFrame(
            stream=streams.inbox(organization),
            seq=0,
            event=events.CONVERSATION_UPDATED,
            at=clock.rfc3339(at),
            data=summary,
        )
        # Inside a JSON string there is no bare quotation mark, so the first such is the field.
        before, found, after = _encode(frame).decode().partition('"seq":0,')
        if not found:
            raise AssertionError("an event frame without a seq")
        self.before = before + '"seq":'
        self.after = "," + after
        self.at = at
        self.message_id = None if summary.last_message is None else summary.last_message.id


class Records(Struct):
    """Records in hand.

    Attributes:
        heads: The head of each stream.
        conversations: None: looked for, and not there.
        marks: Marks of participants; only of conversations in ``with_marks`` a missing one says
            that there is none.
    """

    heads: dict[StreamKey, int] = {}
    conversations: dict[ConversationKey, Conversation | None] = {}
    marks: dict[MarkKey, Mark] = {}
    with_marks: set[ConversationKey] = set()


class Draft:
    """See the module.

    Args:
        records: What it starts from; they change as the draft does.
        now: The time of what is written, in microseconds.

    Attributes:
        based_on: The heads, as they were before the draft, of every conversation that it looked at,
            and of its notes. If they still stand when it is written, so do the conversations:
            nobody changes one without its head.
        repeated: The heads of streams in which something that was asked for was there already.
            Whoever stored it may have gone down before it was announced.
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

    # What is in hand.

    def conversation(self, scope: Scope, conversation_id: str) -> Conversation:
        """A conversation in hand, if the caller may see it.

        Raises:
            NotFoundError: No such conversation, or not one that the caller may see.
            Unread: It was not looked for yet.
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
            Unread: The marks of the conversation were not looked for yet.
        """
        if (scope.organization, conversation_id) not in self.records.with_marks:
            raise Unread
        return self.records.marks.get(_mark_key(scope, conversation_id), Mark())

    def repeat(self, conversation: Conversation) -> None:
        """Something that was asked of the conversation has been done before."""
        organization = conversation.organization
        inbox = (organization, streams.inbox(organization))
        self.repeated[organization, streams.conversation(conversation.id)] = conversation.head
        self.repeated[organization, streams.notes(conversation.id)] = conversation.notes_head
        if inbox in self.records.heads:
            self.repeated[inbox] = self.records.heads[inbox]

    # What is to be written.

    def touch(self, conversation: Conversation) -> None:
        """The row is to be written, and the inbox told."""
        self._touched[conversation.organization, conversation.id] = conversation

    def next_seq(self, conversation: Conversation, *, internal: bool) -> int:
        """The seq that the next event of the conversation on that stream will get."""
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

    def writes(self) -> Writes:
        """What has gathered, but for the inboxes, as statements and their rows; it is then no
        longer held here."""
        changed = list(self._touched.values())
        for conversation in changed:
            # One update of the list row, whatever changed: it carries the whole summary.
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
        ]
        self._touched, self._changed_heads = {}, set()
        self._message_rows, self._event_rows, self._receipt_rows = [], [], {}
        return [(statement, rows) for statement, rows in writes if rows]

    @property
    def untold(self) -> dict[str, int]:
        """How many events the inbox of each organisation is to be given."""
        return {organization: len(items) for organization, items in self._untold.items()}

    def tell_inboxes(self, heads: Mapping[str, int]) -> Sequence[Row]:
        """The events for the inboxes, as rows, after these heads.

        They come last: everybody in an organisation writes to its inbox, so that its lock should
        be held for as short a time as possible.
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
        """What gives each inbox its events, in an order that everybody keeps, for an engine that
        takes columns; :meth:`told` has to follow."""
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
        """The inboxes have been given their events, and these are their heads now."""
        self.tell_inboxes({name: heads[name] - count for name, count in self.untold.items()})

    def inbox_writes(self) -> Writes:
        """The events for the inboxes, whose heads are in hand, and the heads after them."""
        inboxes = [(name, streams.inbox(name)) for name in sorted(self._untold)]
        if not inboxes:
            return []
        told = self.tell_inboxes({key[0]: self.records.heads[key] for key in inboxes})
        rows = [(*key, self.records.heads[key]) for key in inboxes]
        return [(statements.INSERT_EVENTS, told), (statements.WRITE_STREAMS, rows)]

    def messages_so_far(self) -> Writes:
        """The messages alone, for a query that is about to count them."""
        rows, self._message_rows = self._message_rows, []
        return [(statements.INSERT_MESSAGES, rows)] if rows else []

    def forget(self) -> None:
        """Drop what has gathered and the records in hand, but for the heads."""
        self.records.conversations = {}
        self.records.marks = {}
        self.records.with_marks = set()
        self._touched = {}
        self._changed_heads = set()
        self._untold = {}
        self._event_rows = []
        self._message_rows = []
        self._receipt_rows = {}

    def begin_stream(self, organization: str, name: str) -> None:
        """Have the row of a stream without events written: one that is not there could not be
        locked later."""
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
    """The message whose text an event holds."""
    return data.id if isinstance(data, Message) else None
