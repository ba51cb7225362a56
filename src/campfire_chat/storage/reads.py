"""What a batch of operations needs to read first, sent to the database along with BEGIN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from campfire_chat.domain import streams
from campfire_chat.storage import conversations, messages, statements
from campfire_chat.storage import streams as stream_queries
from campfire_chat.storage.dialects import Engine
from campfire_chat.storage.operations import Bulk, MarkSeen, Operation, Send
from campfire_chat.storage.records import message_of
from campfire_chat.storage.statement import Prepared, Row
from campfire_chat.storage.transaction import Read, Transaction


class LockHeads(Read):
    """The heads of streams, locked in sorted order.

    The locks are what makes seqs gapless over processes, and those of a conversation and its notes
    guard the conversation's row too: nobody changes one without its head. They come first, so that
    what is read after them is what stands when it is our turn. The inboxes are locked after all
    conversations, by everybody, so that no two can wait for each other.
    """

    def __init__(self, organization: str, names: Sequence[str]) -> None:
        super().__init__(organization)
        self._names = names

    def prepare(self, engine: Engine) -> Prepared:
        return stream_queries.lock(engine, self.organization, self._names)

    def take(self, transaction: Transaction, rows: Sequence[Row]) -> None:
        transaction.took_heads(self.organization, self._names, rows)


class Conversations(Read):
    """The conversations that may be changed."""

    def __init__(self, organization: str, conversation_ids: Sequence[str]) -> None:
        super().__init__(organization)
        self._ids = conversation_ids

    def prepare(self, engine: Engine) -> Prepared:
        values = {"org_id": self.organization, "ids": engine.list_value(self._ids)}
        return conversations.BY_ID.prepare(engine, values)

    def take(self, transaction: Transaction, rows: Sequence[Row]) -> None:
        transaction.took_conversations(self.organization, self._ids, rows)


class KnownMessages(Read):
    """Messages that were stored under the client ids of these sends."""

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
    """Everybody's marks in the conversations that somebody has seen."""

    def __init__(self, organization: str, conversation_ids: Sequence[str]) -> None:
        super().__init__(organization)
        self._ids = conversation_ids

    def prepare(self, engine: Engine) -> Prepared:
        values = {"org_id": self.organization, "ids": engine.list_value(self._ids)}
        return statements.MARKS.prepare(engine, values)

    def take(self, transaction: Transaction, rows: Sequence[Row]) -> None:
        transaction.took_marks(self.organization, self._ids, rows)


def reads_of(operations: Sequence[Operation[Any]], engine: Engine) -> list[Read]:
    """What ``operations`` need, organisation by organisation; locks before everything else.

    The inboxes are locked here only for operations that may be flushed one by one. Messages and
    receipts all end in one flush, which takes their locks last and holds them shortly.
    """
    early = not engine.lock_rows or any(
        operation.alters_records and not isinstance(operation, Bulk) for operation in operations
    )
    by_organization: dict[str, list[Operation[Any]]] = {}
    for operation in operations:
        by_organization.setdefault(operation.organization, []).append(operation)
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
            inboxes.append(LockHeads(organization, [streams.inbox(organization)]))
        if touched:
            names = [streams.conversation(item) for item in touched]
            locks.append(LockHeads(organization, names + [streams.notes(item) for item in touched]))
            reads.append(Conversations(organization, touched))
        if sends:
            reads.append(KnownMessages(organization, [send.key for send in sends]))
        if targets:
            reads.append(ReplyTargets(organization, targets))
        if seen:
            reads.append(Marks(organization, sorted(seen)))
    return locks + inboxes + reads
