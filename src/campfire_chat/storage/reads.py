"""The queries that a batch of operations needs first. They are sent together with BEGIN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from campfire_chat.domain import streams
from campfire_chat.storage import conversations, messages, statements
from campfire_chat.storage import streams as stream_queries
from campfire_chat.storage.dialects import Engine
from campfire_chat.storage.operations import Bulk, MarkSeen, Operation, Send
from campfire_chat.storage.records import complete, message_of
from campfire_chat.storage.statement import Prepared, Row
from campfire_chat.storage.transaction import Read, Transaction


class LockInbox(Read):
    """The head of an inbox, with a lock. All processes take it after the conversations, so that
    no two transactions wait for each other."""

    def prepare(self, engine: Engine) -> Prepared:
        name = streams.inbox(self.organization)
        return stream_queries.lock(engine, self.organization, name)

    def take(self, transaction: Transaction, rows: Sequence[Row]) -> None:
        transaction.took_inbox(self.organization, rows)


class LockConversations(Read):
    """The conversations that may be changed, locked in sorted order.

    The locks keep seqs without gaps over all processes, because every write to a conversation
    locks its row. Everything read after the locks is current.
    """

    def __init__(self, organization: str, conversation_ids: Sequence[str]) -> None:
        super().__init__(organization)
        self._ids = conversation_ids

    def prepare(self, engine: Engine) -> Prepared:
        values = {"org_id": self.organization, "ids": engine.list_value(self._ids)}
        return conversations.LOCK.prepare(engine, values)

    def take(self, transaction: Transaction, rows: Sequence[Row]) -> None:
        # Operations that need more read it later, under the lock.
        again = {row[0] for row in rows if not complete(row)}
        ids = [item for item in self._ids if item not in again]
        whole = [row for row in rows if row[0] not in again]
        transaction.took_conversations(self.organization, ids, whole)


class KnownMessages(Read):
    """Messages that were stored with the client ids of these sends.

    They are searched for before anything is locked, because that takes time. If another process
    stores one meanwhile, the unique index makes the commit fail, and the next attempt finds it.
    """

    def __init__(self, organization: str, keys: Sequence[str]) -> None:
        super().__init__(organization)
        self._keys = keys

    def prepare(self, engine: Engine) -> Prepared:
        values = {"org_id": self.organization, "keys": engine.list_value(self._keys)}
        return messages.BY_CLIENT_KEY.prepare(engine, values)

    def take(self, transaction: Transaction, rows: Sequence[Row]) -> None:
        for row in rows:
            key = (self.organization, row[messages.CLIENT_KEY])
            transaction.known[key] = message_of(row)


class ReplyTargets(Read):
    """Messages that these sends reply to."""

    def __init__(self, organization: str, message_ids: Sequence[str]) -> None:
        super().__init__(organization)
        self._ids = message_ids

    def prepare(self, engine: Engine) -> Prepared:
        values = {"org_id": self.organization, "ids": engine.list_value(self._ids)}
        return messages.BY_ID.prepare(engine, values)

    def take(self, transaction: Transaction, rows: Sequence[Row]) -> None:
        for row in rows:
            transaction.reply_targets[self.organization, row[0]] = message_of(row)


class Marks(Read):
    """The marks of all participants in the conversations of these operations."""

    def __init__(self, organization: str, conversation_ids: Sequence[str]) -> None:
        super().__init__(organization)
        self._ids = conversation_ids

    def prepare(self, engine: Engine) -> Prepared:
        values = {"org_id": self.organization, "ids": engine.list_value(self._ids)}
        return statements.MARKS.prepare(engine, values)

    def take(self, transaction: Transaction, rows: Sequence[Row]) -> None:
        transaction.took_marks(self.organization, self._ids, rows)


def reads_of(operations: Sequence[Operation[Any]], engine: Engine) -> list[Read]:
    """The queries that ``operations`` need, by organisation. Locks come before what they protect.

    The inboxes are locked here only for operations that may be flushed one by one. Messages and
    receipts are flushed together. That flush takes the locks last and holds them briefly.
    """
    early = not engine.lock_rows or any(
        operation.alters_records and not isinstance(operation, Bulk) for operation in operations
    )
    by_organization: dict[str, list[Operation[Any]]] = {}
    for operation in operations:
        by_organization.setdefault(operation.organization, []).append(operation)
    known: list[Read] = []
    locks: list[Read] = []
    inboxes: list[Read] = []
    reads: list[Read] = []
    for organization in sorted(by_organization):
        some = by_organization[organization]
        touched = sorted({item for operation in some for item in operation.conversation_ids})
        sends = [operation for operation in some if isinstance(operation, Send)]
        targets = [send.reply_to for send in sends if send.reply_to is not None]
        seen = {item.conversation_id for item in some if isinstance(item, MarkSeen)}
        if early:
            inboxes.append(LockInbox(organization))
        if touched:
            locks.append(LockConversations(organization, touched))
        if sends:
            known.append(KnownMessages(organization, [send.key for send in sends]))
        if targets:
            reads.append(ReplyTargets(organization, targets))
        if seen:
            reads.append(Marks(organization, sorted(seen)))
    return known + locks + inboxes + reads
