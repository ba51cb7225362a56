"""One transaction of the ledger: what it has read, and what it is going to write.

Changes gather in memory and go out in a handful of bulk statements at :meth:`flush`, so that a
transaction costs about the same whether it carries one message or two hundred.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from campfire_chat import clock, events
from campfire_chat.domain import streams
from campfire_chat.domain.conversations import Change, Conversation
from campfire_chat.domain.principal import Scope
from campfire_chat.domain.receipts import Mark
from campfire_chat.errors import NotFoundError
from campfire_chat.models import ConversationSummary, Message, Participant, ReceiptRecord
from campfire_chat.protocols import Clock
from campfire_chat.storage import conversations, statements
from campfire_chat.storage import streams as stream_queries
from campfire_chat.storage.lanes import Session
from campfire_chat.storage.records import client_key, conversation_values, mark_of

_encode = msgspec.json.Encoder().encode

StreamKey = tuple[str, str]
ConversationKey = tuple[str, str]
MarkKey = tuple[str, str, str, str]


class _Wire(msgspec.Struct, tag="event", tag_field="type"):
    stream: str
    seq: int
    event: str
    at: str
    data: Any


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


class Transaction:
    """See the module. Created by the ledger once the database transaction has begun."""

    def __init__(self, session: Session, now: Clock) -> None:
        self.session = session
        self.now = now()
        self.committed: list[Committed] = []
        self.notices: dict[MarkKey, Notice] = {}
        self._heads: dict[StreamKey, int] = {}
        self._conversations: dict[ConversationKey, Conversation] = {}
        self._marks: dict[MarkKey, Mark] = {}
        self._touched: dict[ConversationKey, Conversation] = {}
        self._new: set[ConversationKey] = set()
        self._changed_heads: set[StreamKey] = set()
        self._event_rows: list[dict[str, Any]] = []
        self._message_rows: list[dict[str, Any]] = []
        self._receipt_rows: dict[MarkKey, dict[str, Any]] = {}

    # Reading.

    async def lock(self, organization: str, conversation_ids: Iterable[str]) -> None:
        """Lock the heads of conversations, their notes and the inbox, in sorted order.

        The locks are what makes seqs gapless over processes, and they guard the conversations'
        rows too: nobody changes one without its head. A stream's first event creates its row
        before it is locked, since what does not exist cannot be.
        """
        wanted = {streams.inbox(organization)}
        for conversation_id in conversation_ids:
            wanted.add(streams.conversation(conversation_id))
            wanted.add(streams.notes(conversation_id))
        names = sorted(wanted)
        found = await self._lock(organization, names)
        inbox = streams.inbox(organization)
        if inbox not in found:
            await self.session.many(
                statements.ENSURE_STREAM, [{"org_id": organization, "stream": inbox, "head": 0}]
            )
            found = await self._lock(organization, names)
        for name in names:
            # A conversation's own streams may be missing: the row of its public stream is written
            # with the conversation, and that of its notes under the lock of the public one.
            self._heads[organization, name] = found.get(name, 0)

    async def _lock(self, organization: str, names: list[str]) -> dict[str, int]:
        rows = await self.session.fetch(
            stream_queries.LOCK,
            org_id=organization,
            names=self.session.engine.list_value(names),
        )
        return {row[0]: row[1] for row in rows}

    async def load(self, organization: str, conversation_ids: Iterable[str]) -> None:
        """Read conversations that are not in hand yet."""
        missing = [
            key for key in conversation_ids if (organization, key) not in self._conversations
        ]
        if missing:
            found = await conversations.load(self.session, organization, missing)
            for conversation_id, conversation in found.items():
                self._conversations[organization, conversation_id] = conversation

    async def load_marks(self, organization: str, conversation_ids: list[str]) -> None:
        rows = await self.session.fetch(
            statements.MARKS,
            org_id=organization,
            ids=self.session.engine.list_value(conversation_ids),
        )
        for conversation_id, kind, participant_id, *mark in rows:
            key = (organization, conversation_id, kind, participant_id)
            if key not in self._marks:
                self._marks[key] = mark_of(mark)

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
        self._new.add(key)
        self._heads[conversation.organization, streams.conversation(conversation.id)] = 0
        self._heads[conversation.organization, streams.notes(conversation.id)] = 0
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
            {
                "org_id": scope.organization,
                "conversation_id": message.conversation_id,
                "visibility": message.visibility.value,
                "seq": message.seq,
                "message_id": message.id,
                "client_key": client_key(scope.sender_key, message.client_id),
                "at": at,
                "sender_kind": sender.kind.value,
                "sender_id": sender.id,
                "sender_name": sender.name,
                "sender_avatar_url": sender.avatar_url,
                "kind": message.kind.value,
                "body": message.body,
                "reply_to": message.reply_to,
                "edited_at": None,
                "deleted_at": None,
            }
        )

    def set_mark(self, scope: Scope, conversation_id: str, mark: Mark) -> None:
        key = self._mark_key(scope, conversation_id)
        participant: Participant = scope.principal.participant
        self._marks[key] = mark
        self._receipt_rows[key] = {
            "org_id": scope.organization,
            "conversation_id": conversation_id,
            "participant_kind": participant.kind.value,
            "participant_id": participant.id,
            "participant_name": participant.name,
            "participant_avatar_url": participant.avatar_url,
            "delivered": mark.delivered,
            "read": mark.read,
            "read_count": mark.read_count,
        }
        self.notices[key] = Notice(
            scope.organization,
            conversation_id,
            ReceiptRecord(participant=participant, delivered=mark.delivered, read=mark.read),
        )

    async def flush(self) -> None:
        """Write what has gathered."""
        session = self.session
        new = [self._touched[key] for key in self._touched if key in self._new]
        old = [self._touched[key] for key in self._touched if key not in self._new]
        await session.many(
            statements.INSERT_CONVERSATION, [conversation_values(item) for item in new]
        )
        await session.many(statements.UPDATE_CONVERSATION, [_update_values(item) for item in old])
        await self.flush_messages()
        await session.many(statements.UPSERT_RECEIPT, list(self._receipt_rows.values()))
        self._new.clear()
        self._receipt_rows = {}
        for conversation in self._touched.values():
            # One row update per transaction, whatever changed: it carries the whole summary.
            self._append(
                conversation.organization,
                streams.inbox(conversation.organization),
                events.CONVERSATION_UPDATED,
                conversation.summary,
                self.now,
            )
        self._touched = {}
        await session.many(statements.INSERT_EVENT, self._event_rows)
        self._event_rows = []
        heads = [
            {"org_id": organization, "stream": name, "head": self._heads[organization, name]}
            for organization, name in sorted(self._changed_heads)
        ]
        await session.many(statements.UPSERT_STREAM, heads)
        self._changed_heads = set()

    async def flush_messages(self) -> None:
        """Write the messages alone, for a query that is about to count them."""
        await self.session.many(statements.INSERT_MESSAGE, self._message_rows)
        self._message_rows = []

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
        self._touched = {}
        self._new = set()
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
            _Wire(stream=name, seq=seq, event=event, at=clock.rfc3339(at), data=data)
        ).decode()
        self._event_rows.append(
            {
                "org_id": organization,
                "stream": name,
                "seq": seq,
                "event": event,
                "at": at,
                "message_id": _message_in(data),
                "payload": payload,
            }
        )
        self.committed.append(Committed(organization, name, seq, payload))
        return seq

    @staticmethod
    def _mark_key(scope: Scope, conversation_id: str) -> MarkKey:
        principal = scope.principal
        return (scope.organization, conversation_id, principal.kind.value, principal.id)


def _update_values(conversation: Conversation) -> dict[str, Any]:
    values = conversation_values(conversation)
    row: dict[str, Any] = {f"new_{name}": value for name, value in values.items()}
    row["key_org_id"] = conversation.organization
    row["key_conversation_id"] = conversation.id
    return row


def _message_in(data: events.EventData) -> str | None:
    """The message whose text an event holds."""
    if isinstance(data, Message):
        return data.id
    if isinstance(data, ConversationSummary) and data.last_message is not None:
        return data.last_message.id
    return None
