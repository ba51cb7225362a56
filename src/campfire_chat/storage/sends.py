"""Messages and receipts, processed together with a few statements for any number of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from campfire_chat import clock, events, ids
from campfire_chat.domain.conversations import receive
from campfire_chat.domain.receipts import Mark, advance
from campfire_chat.errors import (
    CampfireError,
    ClientIdConflictError,
    InvalidError,
)
from campfire_chat.models import Message, MessageKind, Visibility
from campfire_chat.storage import messages
from campfire_chat.storage.draft import Draft, Unread
from campfire_chat.storage.operations import Bulk, Marked, MarkSeen, Send, Sent
from campfire_chat.storage.transaction import Transaction


def apply(draft: Draft, operation: Bulk[Any]) -> Any:
    """Add an operation to a draft and return its result.

    It is added completely or not at all.

    Raises:
        CampfireError: It is refused.
        Unread: Something has to be read first.
    """
    if isinstance(operation, Send):
        return _send(draft, operation)
    if isinstance(operation, MarkSeen):
        return _mark(draft, operation)
    raise AssertionError(f"{operation!r} is not run in bulk")


async def run_bulk(transaction: Transaction, operations: Sequence[Bulk[Any]]) -> list[Any]:
    """The results or errors of the operations, in order. Reads the records that are missing."""
    if not operations:
        return []
    by_organization: dict[str, set[str]] = {}
    for operation in operations:
        by_organization.setdefault(operation.organization, set()).update(operation.conversation_ids)
    for organization, conversation_ids in by_organization.items():
        await transaction.load(organization, conversation_ids)
    outcomes: list[Any] = []
    for operation in operations:
        try:
            if isinstance(operation, MarkSeen):
                await transaction.load_marks(operation.organization, operation.conversation_ids)
                outcomes.append(await _count_and_mark(transaction, operation))
            else:
                outcomes.append(apply(transaction, operation))
        except CampfireError as error:
            outcomes.append(error)
    return outcomes


def _send(draft: Draft, operation: Send) -> Sent:
    scope = operation.scope
    scope.require_writer_of(operation.visibility)
    conversation = draft.conversation(scope, operation.conversation_id)
    internal = operation.visibility is Visibility.INTERNAL
    earlier = draft.known.get((operation.organization, operation.key))
    if earlier is not None:
        sent = _repeated(operation, earlier)
        draft.repeat(conversation)
        return sent
    if operation.reply_to is not None:
        target = draft.reply_targets.get((operation.organization, operation.reply_to))
        if (
            target is None
            or target.conversation_id != conversation.id
            or (target.visibility is Visibility.INTERNAL and not internal)
        ):
            raise InvalidError("There is no such message in this conversation.", field="reply_to")
    at = conversation.next_at(draft.now)
    seq = draft.next_seq(conversation, internal=internal)
    message = Message(
        id=ids.new(ids.MESSAGE),
        conversation_id=conversation.id,
        visibility=operation.visibility,
        seq=seq,
        at=clock.rfc3339(at),
        sender=scope.principal.participant,
        kind=MessageKind.TEXT,
        body=operation.body,
        client_id=operation.client_id,
        reply_to=operation.reply_to,
    )
    changes = receive(conversation, message, at, assign=operation.assign)
    draft.append(conversation, events.MESSAGE_CREATED, message, at, internal=internal)
    draft.add_message(scope, message, at)
    draft.append_changes(conversation, changes)
    draft.known[operation.organization, operation.key] = message
    return Sent(message_id=message.id, seq=seq, at=message.at, duplicate=False)


def _repeated(operation: Send, earlier: Message) -> Sent:
    """The answer to a send whose client id is known.

    The same id with different content is a mistake of the client. Answering "stored" would lose
    the second text without notice. Once the message was edited or deleted, its first text is no
    longer available, and every repetition is treated as a duplicate.
    """
    same = (
        earlier.conversation_id == operation.conversation_id
        and earlier.visibility is operation.visibility
        and earlier.reply_to == operation.reply_to
        and (
            earlier.body == operation.body
            or earlier.edited_at is not None
            or earlier.deleted_at is not None
        )
    )
    if not same:
        raise ClientIdConflictError()
    return Sent(message_id=earlier.id, seq=earlier.seq, at=earlier.at, duplicate=True)


def _mark(draft: Draft, operation: MarkSeen, counted: int | None = None) -> Marked:
    """
    Args:
        counted: Number of messages of the other side between the old and the new mark. Needed
            only when the new mark is not at the head.
    """
    scope = operation.scope
    conversation = draft.conversation(scope, operation.conversation_id)
    old = draft.mark(scope, conversation.id)
    new = advance(old, delivered=operation.delivered, read=operation.read, head=conversation.head)
    total = conversation.visitor_messages if scope.is_agent else conversation.agent_messages
    if new.read != old.read:
        if new.read == conversation.head:
            read_count = total
        elif counted is not None:
            read_count = old.read_count + counted
        else:
            raise Unread
        new = Mark(delivered=new.delivered, read=new.read, read_count=read_count)
    if new != old:
        draft.set_mark(scope, conversation.id, new)
    return Marked(delivered=new.delivered, read=new.read, unread=total - new.read_count)


async def _count_and_mark(transaction: Transaction, operation: MarkSeen) -> Marked:
    try:
        return _mark(transaction, operation)
    except Unread:
        conversation = transaction.conversation(operation.scope, operation.conversation_id)
        await transaction.flush_messages()
        counted = await transaction.session.fetch(
            messages.COUNT_BETWEEN,
            org_id=operation.organization,
            conversation_id=conversation.id,
            after=transaction.mark(operation.scope, conversation.id).read,
            through=min(operation.read or 0, conversation.head),
            of_visitor=int(operation.scope.is_agent),
        )
        return _mark(transaction, operation, counted[0][0])
