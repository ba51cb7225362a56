"""Marking what a participant has received and read."""

from __future__ import annotations

import msgspec

from campfire_chat.access.actor import Actor
from campfire_chat.database.prepared import Row
from campfire_chat.features.conversations.aggregate import CONVERSATIONS
from campfire_chat.features.conversations.streams import CONVERSATION
from campfire_chat.features.messages.queries import COUNT_BETWEEN, INSERT_MESSAGES
from campfire_chat.features.receipts import queries
from campfire_chat.features.receipts.codec import RECEIPT_ROWS
from campfire_chat.features.receipts.frames import ReceiptNotice
from campfire_chat.features.receipts.records import ReceiptRecord
from campfire_chat.features.receipts.rules import Mark, advance
from campfire_chat.ledger.lookups import Related
from campfire_chat.ledger.operation import BatchOperation, Operation
from campfire_chat.ledger.transaction import Transaction
from campfire_chat.ledger.write_batch import Notice, Unread, WriteBatch


def _mark_of(row: Row) -> tuple[str, tuple[str, str], Mark]:
    conversation_id, kind, participant_id, delivered, read, read_count = row
    return conversation_id, (kind, participant_id), Mark(delivered, read, read_count)


#: The marks of the participants of a conversation, by the kind and the id of each.
MARKS = Related(queries.MARKS, _mark_of)


class Marked(msgspec.Struct, frozen=True):
    """The caller's marks, and the number of messages after the read mark."""

    delivered: int
    read: int
    unread: int


class MarkSeen(BatchOperation[Marked]):
    """Advance the caller's marks in a conversation."""

    kind = CONVERSATIONS
    related = (MARKS,)

    def __init__(
        self, actor: Actor, conversation_id: str, *, delivered: int | None, read: int | None
    ) -> None:
        super().__init__(actor, (conversation_id,))
        self._conversation_id = conversation_id
        self._delivered = delivered
        self._read = read
        #: Number of messages of the other side between the old and the new mark. It is counted
        #: only when the new mark is not at the head.
        self._counted: int | None = None
        self.merge_key = (actor.organization, conversation_id, actor.sender_key)

    def merge(self, later: Operation[Marked]) -> None:
        if not isinstance(later, MarkSeen):
            raise AssertionError(f"{later!r} marks nothing")
        # Marks only ever move forward, so the furthest of them says it all.
        self.actor = later.actor
        self._delivered = _furthest(self._delivered, later._delivered)
        self._read = _furthest(self._read, later._read)

    def apply(self, batch: WriteBatch) -> Marked:
        actor = self.actor
        conversation = batch.aggregate(CONVERSATIONS, actor, self._conversation_id)
        old = self._old(batch)
        new = advance(old, delivered=self._delivered, read=self._read, head=conversation.head)
        total = conversation.agent_messages if actor.is_visitor else conversation.visitor_messages
        if new.read != old.read:
            if new.read == conversation.head:
                read_count = total
            elif self._counted is not None:
                read_count = old.read_count + self._counted
            else:
                raise Unread
            new = Mark(delivered=new.delivered, read=new.read, read_count=read_count)
        if new != old:
            self._store(batch, new)
        return Marked(delivered=new.delivered, read=new.read, unread=total - new.read_count)

    async def run(self, transaction: Transaction) -> Marked:
        self._counted = None
        return await super().run(transaction)

    async def read_missing(self, transaction: Transaction) -> None:
        await super().read_missing(transaction)
        conversation = transaction.aggregate(CONVERSATIONS, self.actor, self._conversation_id)
        # Messages of this transaction count too.
        await transaction.flush_inserts(INSERT_MESSAGES)
        ((self._counted,),) = await transaction.session.fetch(
            COUNT_BETWEEN,
            org_id=self.organization,
            conversation_id=conversation.id,
            after=self._old(transaction).read,
            through=min(self._read or 0, conversation.head),
            of_visitor=int(not self.actor.is_visitor),
        )

    def _old(self, batch: WriteBatch) -> Mark:
        found = batch.related(MARKS, self.organization, self._conversation_id, self._participant)
        return found or Mark()

    @property
    def _participant(self) -> tuple[str, str]:
        principal = self.actor.principal
        return (principal.kind.value, principal.id)

    def _store(self, batch: WriteBatch, mark: Mark) -> None:
        organization, about = self.organization, self._conversation_id
        participant = self.actor.principal.participant
        batch.set_related(MARKS, organization, about, self._participant, mark)
        key = (organization, about, *self._participant)
        receipt = ReceiptRecord(participant=participant, delivered=mark.delivered, read=mark.read)
        row = RECEIPT_ROWS.write(receipt, organization, about, mark.read_count)
        batch.upsert(queries.WRITE_RECEIPTS, key, row)
        frame = ReceiptNotice(
            conversation_id=about,
            participant=participant,
            delivered=mark.delivered,
            read=mark.read,
        )
        batch.notify(key, Notice(organization, CONVERSATION.name(about), frame))


def _furthest(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)
