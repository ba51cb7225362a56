"""One transaction of the ledger: what it has read, and what it is going to write.

Changes gather in memory and go out in a handful of bulk statements at :meth:`flush`, so that a
transaction costs about the same whether it carries one message or two hundred.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from campfire_chat import clock, events
from campfire_chat.domain import streams
from campfire_chat.domain.conversations import Change, Conversation
from campfire_chat.domain.principal import Scope
from campfire_chat.domain.receipts import Mark
from campfire_chat.errors import NotFoundError
from campfire_chat.models import ConversationSummary, Message, ReceiptRecord
from campfire_chat.protocols import Clock
from campfire_chat.storage import conversations, statements
from campfire_chat.storage import streams as stream_queries
from campfire_chat.storage.dialects import Engine
from campfire_chat.storage.lanes import Session
from campfire_chat.storage.records import client_key, conversation_of, conversation_row, mark_of
from campfire_chat.storage.statement import BulkInsert, Prepared, Row

_encode = msgspec.json.Encoder().encode

StreamKey = tuple[str, str]
ConversationKey = tuple[str, str]
MarkKey = tuple[str, str, str, str]


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


class Read(ABC):
    """Something that is read along with BEGIN, and where it goes."""

    def __init__(self, organization: str) -> None:
        self.organization = organization

    @abstractmethod
    def prepare(self, engine: Engine) -> Prepared: ...

    @abstractmethod
    def take(self, transaction: Transaction, rows: Sequence[Row]) -> None: ...


class Transaction:
    """See the module. Created by the ledger once the database transaction has begun."""

    def __init__(self, session: Session, now: Clock) -> None:
        self.session = session
        self.now = now()
        self.committed: list[Committed] = []
        self.notices: dict[MarkKey, Notice] = {}
        self._heads: dict[StreamKey, int] = {}
        self._without_inbox: set[str] = set()
        # None: looked for, and not there.
        self._conversations: dict[ConversationKey, Conversation | None] = {}
        self._marks: dict[MarkKey, Mark] = {}
        self._with_marks: set[ConversationKey] = set()
        self.known: dict[tuple[str, str], Message] = {}
        self.reply_targets: dict[tuple[str, str], Message] = {}
        self._touched: dict[ConversationKey, Conversation] = {}
        self._changed_heads: set[StreamKey] = set()
        self._event_rows: list[Row] = []
        self._message_rows: list[Row] = []
        self._receipt_rows: dict[MarkKey, Row] = {}

    # Reading.

    async def begin(self, reads: Sequence[Read], rows: Sequence[Sequence[Row]]) -> None:
        """Take over what was read along with BEGIN."""
        for read, found in zip(reads, rows, strict=True):
            read.take(self, found)
        await self._ensure_inboxes({read.organization for read in reads})

    def took_heads(self, organization: str, names: Sequence[str], rows: Sequence[Row]) -> None:
        found = {row[0]: row[1] for row in rows}
        for name in names:
            # Missing are only those of conversations that are not there, and a new inbox.
            self._heads[organization, name] = found.get(name, 0)
        if streams.inbox(organization) not in found:
            self._without_inbox.add(organization)

    def took_conversations(
        self, organization: str, conversation_ids: Iterable[str], rows: Sequence[Row]
    ) -> None:
        for conversation_id in conversation_ids:
            self._conversations[organization, conversation_id] = None
        for row in rows:
            self._conversations[organization, row[0]] = conversation_of(organization, row)

    def took_marks(
        self, organization: str, conversation_ids: Iterable[str], rows: Sequence[Row]
    ) -> None:
        self._with_marks.update((organization, item) for item in conversation_ids)
        for conversation_id, kind, participant_id, *mark in rows:
            self._marks[organization, conversation_id, kind, participant_id] = mark_of(mark)

    async def load(self, organization: str, conversation_ids: Iterable[str]) -> None:
        """Read conversations that are not in hand (any more)."""
        missing = [
            item for item in conversation_ids if (organization, item) not in self._conversations
        ]
        if missing:
            rows = await self.session.fetch(
                conversations.BY_ID,
                org_id=organization,
                ids=self.session.engine.list_value(missing),
            )
            self.took_conversations(organization, missing, rows)

    async def load_marks(self, organization: str, conversation_ids: Iterable[str]) -> None:
        """Read marks that are not in hand (any more)."""
        missing = [
            item for item in conversation_ids if (organization, item) not in self._with_marks
        ]
        if missing:
            rows = await self.session.fetch(
                statements.MARKS, org_id=organization, ids=self.session.engine.list_value(missing)
            )
            self.took_marks(organization, missing, rows)

    async def _ensure_inboxes(self, organizations: Iterable[str]) -> None:
        """Create and lock the inbox of an organisation that never had an event.

        What does not exist cannot be locked; two processes must not both begin it at 1.
        """
        for organization in sorted(self._without_inbox.intersection(organizations)):
            name = streams.inbox(organization)
            await self.session.write(statements.ENSURE_STREAMS, [(organization, name, 0)])
            rows = await self.session.fetch(
                stream_queries.LOCK,
                org_id=organization,
                names=self.session.engine.list_value([name]),
            )
            self._heads[organization, name] = rows[0][1]
        self._without_inbox.clear()

    def conversation(self, scope: Scope, conversation_id: str) -> Conversation:
        """A conversation in hand, if the caller may see it.

        Raises:
            NotFoundError: No such conversation, or not one that the caller may see.
        """
        found = self._conversations.get((scope.organization, conversation_id))
        if found is None or not conversations.may_see(scope, found):
            raise NotFoundError("There is no such conversation.")
        return found

    def mark(self, scope: Scope, conversation_id: str) -> Mark:
        return self._marks.get(self._mark_key(scope, conversation_id), Mark())

    # Writing.

    def add(self, conversation: Conversation) -> None:
        """Take on a conversation that is being created."""
        key = (conversation.organization, conversation.id)
        self._conversations[key] = conversation
        self._heads[conversation.organization, streams.conversation(conversation.id)] = 0
        notes = (conversation.organization, streams.notes(conversation.id))
        # Its row is written at once: one that is not there could not be locked later.
        self._heads[notes] = 0
        self._changed_heads.add(notes)
        self._touched[key] = conversation

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
        key = self._mark_key(scope, conversation_id)
        participant = scope.principal.participant
        self._marks[key] = mark
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

    async def flush(self) -> None:
        """Write what has gathered."""
        changed = list(self._touched.values())
        for conversation in changed:
            # One update of the list row, whatever changed: it carries the whole summary.
            self._append(
                conversation.organization,
                streams.inbox(conversation.organization),
                events.CONVERSATION_UPDATED,
                conversation.summary,
                self.now,
            )
        heads = [(*key, self._heads[key]) for key in sorted(self._changed_heads)]
        writes: list[tuple[BulkInsert, Sequence[Row]]] = [
            (statements.WRITE_CONVERSATIONS, [conversation_row(item) for item in changed]),
            (statements.INSERT_MESSAGES, self._message_rows),
            (statements.WRITE_RECEIPTS, list(self._receipt_rows.values())),
            (statements.INSERT_EVENTS, self._event_rows),
            (statements.WRITE_STREAMS, heads),
        ]
        self._touched, self._changed_heads = {}, set()
        self._message_rows, self._event_rows, self._receipt_rows = [], [], {}
        for statement, rows in writes:
            await self.session.write(statement, rows)

    async def flush_messages(self) -> None:
        """Write the messages alone, for a query that is about to count them."""
        rows, self._message_rows = self._message_rows, []
        await self.session.write(statements.INSERT_MESSAGES, rows)

    def restore_point(self) -> tuple[int, dict[StreamKey, int], dict[MarkKey, Notice]]:
        """What :meth:`restore` needs; taken right after a flush."""
        return len(self.committed), dict(self._heads), dict(self.notices)

    def restore(self, point: tuple[int, dict[StreamKey, int], dict[MarkKey, Notice]]) -> None:
        """Forget everything since ``point``, after the database has rolled back to it."""
        count, self._heads, self.notices = point
        del self.committed[count:]
        # Records in hand may hold changes that never happened; they are read again when needed.
        self._conversations = {}
        self._marks = {}
        self._with_marks = set()
        self._touched = {}
        self._changed_heads = set()
        self._event_rows = []
        self._message_rows = []
        self._receipt_rows = {}

    def _append(
        self, organization: str, name: str, event: str, data: events.EventData, at: int
    ) -> int:
        key = (organization, name)
        seq = self._heads[key] + 1
        self._heads[key] = seq
        self._changed_heads.add(key)
        payload = _encode(
            events.EventFrame(stream=name, seq=seq, event=event, at=clock.rfc3339(at), data=data)
        ).decode()
        row = (organization, name, seq, event, at, _message_in(data), payload)
        self._event_rows.append(row)
        self.committed.append(Committed(organization, name, seq, payload))
        return seq

    @staticmethod
    def _mark_key(scope: Scope, conversation_id: str) -> MarkKey:
        principal = scope.principal
        return (scope.organization, conversation_id, principal.kind.value, principal.id)


def _message_in(data: events.EventData) -> str | None:
    """The message whose text an event holds."""
    if isinstance(data, Message):
        return data.id
    if isinstance(data, ConversationSummary) and data.last_message is not None:
        return data.last_message.id
    return None
