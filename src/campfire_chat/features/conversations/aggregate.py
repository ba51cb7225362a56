"""Conversations as the ledger sees them: locked, kept in memory and written as a whole."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping, Sequence

from campfire_chat.database.lanes import Session
from campfire_chat.features.conversations import events, queries
from campfire_chat.features.conversations.codec import CONVERSATION_ROWS
from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ
from campfire_chat.features.conversations.records import ConversationSummary
from campfire_chat.features.conversations.rules import Change, Conversation
from campfire_chat.features.conversations.streams import CONVERSATION, NOTES, VISITOR
from campfire_chat.ledger.aggregate import AggregateKind, Owner
from campfire_chat.ledger.write_batch import WriteBatch


class Conversations(AggregateKind[Conversation]):
    """See the module."""

    permission = CONVERSATIONS_READ
    streams = (CONVERSATION, NOTES)
    rows = CONVERSATION_ROWS
    by_id = queries.BY_ID
    lock = queries.LOCK
    lock_heads = queries.LOCK_HEADS
    write = queries.WRITE_CONVERSATIONS
    list_event = events.CONVERSATION_UPDATED
    missing = queries.MISSING

    def shows(self, record: Conversation) -> tuple[str, ...]:
        people = (record.contact, record.assignee, record.team)
        return tuple(one.id for one in people if one is not None)

    def list_data(self, record: Conversation) -> ConversationSummary:
        return record.summary

    def owners(
        self, session: Session, organization: str, ids: Sequence[str]
    ) -> Awaitable[Mapping[str, Owner]]:
        return queries.owners(session, organization, ids)

    def heads(self, record: Conversation) -> tuple[int, ...]:
        return (record.head, record.notes_head)


CONVERSATIONS = Conversations()


def append_changes(
    batch: WriteBatch, conversation: Conversation, changes: Iterable[Change]
) -> None:
    """Add the events that a change causes."""
    shown = False
    for item in changes:
        shown = shown or not item.internal
        at = conversation.next_at(batch.now)
        stream = NOTES if item.internal else CONVERSATION
        batch.append(CONVERSATIONS, conversation, stream, item.event, item.data, at)
    if shown:
        tell_visitor(batch, conversation)


def tell_visitor(batch: WriteBatch, conversation: Conversation) -> None:
    """Tell the visitor's list what it shows of the conversation now.

    Not for each message: whoever shows a list also follows its conversations, and a message would
    cost a further row and the lock of the inbox for longer.
    """
    name = VISITOR.name(conversation.contact.id)
    batch.tell_stream(
        conversation.organization,
        name,
        events.OWN_CONVERSATION_UPDATED,
        conversation.visitor_summary,
    )
