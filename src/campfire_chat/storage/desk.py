"""The rarer writes: begin and change conversations, edit and delete messages."""

from __future__ import annotations

import sys

import msgspec
from sqlalchemy import update

from campfire_chat import clock, events, ids
from campfire_chat.domain import text
from campfire_chat.domain.conversations import (
    Conversation,
    Patch,
    change,
    check_subject,
    receive,
)
from campfire_chat.domain.principal import Scope
from campfire_chat.errors import (
    ClientIdConflictError,
    ForbiddenError,
    InvalidError,
    MessageDeletedError,
    NotFoundError,
)
from campfire_chat.models import (
    Message,
    MessageKind,
    Role,
    Status,
    Visibility,
)
from campfire_chat.storage import agents, contacts, messages, snoozes, tables, versions
from campfire_chat.storage.operations import Once, Operation
from campfire_chat.storage.records import client_key, message_of
from campfire_chat.storage.transaction import Transaction

_m = tables.messages.c


def require_author(scope: Scope, message: Message) -> None:
    """
    Raises:
        ForbiddenError: The caller did not write the message.
    """
    if not _is_of(scope, message):
        raise ForbiddenError("Only its author may edit a message.")


def require_deleter(scope: Scope, message: Message) -> None:
    """
    Raises:
        ForbiddenError: The caller may not delete the message.
    """
    if not _is_of(scope, message) and scope.principal.role not in (Role.OWNER, Role.ADMIN):
        raise ForbiddenError("Only its author or an admin may delete a message.")


def _is_of(scope: Scope, message: Message) -> bool:
    principal = scope.principal
    return message.sender.kind is principal.kind and message.sender.id == principal.id


class Opened(msgspec.Struct, frozen=True):
    conversation_id: str
    duplicate: bool


class OpenConversation(Operation[Opened]):
    """Begin a conversation with its first message. ``body`` has passed ``check_body``.

    Args:
        assign: Whether an agent who begins a conversation gets it.
    """

    def __init__(
        self,
        scope: Scope,
        *,
        client_id: str,
        body: str,
        subject: str | None,
        contact_id: str | None,
        assign: bool,
    ) -> None:
        super().__init__(scope)
        scope.require_writer()
        if not scope.is_agent and contact_id not in (None, scope.principal.id):
            raise ForbiddenError("A visitor cannot name a contact.")
        self._client_id = client_id
        self._body = body
        self.size += sys.getsizeof(body)
        self._subject = check_subject(subject)
        self._contact_id = contact_id
        self._assign = assign

    async def run(self, transaction: Transaction) -> Opened:
        scope = self.scope
        session = transaction.session
        key = client_key(scope.sender_key, self._client_id)
        rows = await session.fetch(
            messages.BY_CLIENT_KEY,
            org_id=self.organization,
            keys=session.engine.list_value([key]),
        )
        if rows:
            return await self._repeated(transaction, message_of(rows[0]))
        if scope.is_agent:
            if self._contact_id is None:
                raise InvalidError("An agent has to name the contact.", field="contact_id")
            contact = await contacts.find(session, scope, self._contact_id)
            if contact is None:
                raise InvalidError("There is no such contact.", field="contact_id")
        else:
            contact = await contacts.remember(session, scope, transaction.now)
        conversation = Conversation(
            organization=self.organization,
            id=ids.new(ids.CONVERSATION),
            contact=contact,
            subject=self._subject,
            created_at=transaction.now,
            last_at=transaction.now - 1,
            last_activity_at=transaction.now,
        )
        transaction.add(conversation)
        at = conversation.next_at(transaction.now)
        message = Message(
            id=ids.new(ids.MESSAGE),
            conversation_id=conversation.id,
            visibility=Visibility.PUBLIC,
            seq=1,
            at=clock.rfc3339(at),
            sender=scope.principal.participant,
            kind=MessageKind.TEXT,
            body=self._body,
            client_id=self._client_id,
        )
        changes = receive(conversation, message, at, assign=self._assign)
        transaction.append(conversation, events.MESSAGE_CREATED, message, at, internal=False)
        transaction.add_message(scope, message, at)
        transaction.append_changes(conversation, changes)
        transaction.known[self.organization, key] = message
        return Opened(conversation_id=conversation.id, duplicate=False)

    async def _repeated(self, transaction: Transaction, earlier: Message) -> Opened:
        """The conversation that was begun with this client id, if there is one."""
        about = earlier.conversation_id
        await transaction.load(self.organization, [about])
        conversation = transaction.conversation(self.scope, about)
        unchanged = earlier.edited_at is None and earlier.deleted_at is None
        if (
            earlier.seq != 1
            or earlier.visibility is not Visibility.PUBLIC
            or (unchanged and earlier.body != self._body)
            or (self._contact_id not in (None, conversation.contact.id))
        ):
            raise ClientIdConflictError()
        transaction.repeat(conversation)
        return Opened(conversation_id=about, duplicate=True)


class ChangeConversation(Once[None]):
    """Change status, assignee, priority, tags or subject.

    Args:
        patch: What to change, except the assignee.
        assignee_id: The new assignee, None for unassigned, UNSET for no change.
    """

    def __init__(
        self,
        scope: Scope,
        conversation_id: str,
        patch: Patch,
        assignee_id: str | msgspec.UnsetType | None,
        *,
        client_id: str | None,
    ) -> None:
        to = [] if isinstance(assignee_id, msgspec.UnsetType) else [assignee_id]
        content = msgspec.json.encode((conversation_id, patch, to)).decode()
        super().__init__(
            scope,
            (conversation_id,),
            client_id=client_id,
            content=f"change {content}",
        )
        self._conversation_id = conversation_id
        self._patch = patch
        self._assignee_id = assignee_id

    async def do(self, transaction: Transaction) -> None:
        conversation = transaction.conversation(self.scope, self._conversation_id)
        self.scope.require_agent()
        self.scope.require_writer()
        patch = self._patch
        if self._assignee_id is None:
            patch = msgspec.structs.replace(patch, assignee=None)
        elif not isinstance(self._assignee_id, msgspec.UnsetType):
            assignee = await agents.assignee(transaction.session, self.scope, self._assignee_id)
            if assignee is None:
                raise InvalidError("There is no such agent.", field="assignee_id")
            patch = msgspec.structs.replace(patch, assignee=assignee)
        changes = change(
            conversation, patch, actor=self.scope.principal.participant, now=transaction.now
        )
        transaction.append_changes(conversation, changes)
        until = conversation.snoozed_until
        if until is not None and patch.status is Status.SNOOZED:
            transaction.defer(snoozes.deferral(conversation, until))

    async def repeat(self, transaction: Transaction) -> None:
        transaction.conversation(self.scope, self._conversation_id)


class _OnMessage(Once[Message]):
    """Base of editing and deleting: finds the message and writes it back."""

    def __init__(
        self, scope: Scope, message: Message, *, client_id: str | None, content: str
    ) -> None:
        super().__init__(scope, (message.conversation_id,), client_id=client_id, content=content)
        self._message_id = message.id
        self._conversation_id = message.conversation_id

    async def _load(self, transaction: Transaction) -> tuple[Conversation, Message]:
        """The message in its present state, read under the lock of the conversation."""
        conversation = transaction.conversation(self.scope, self._conversation_id)
        self.scope.require_writer()
        session = transaction.session
        rows = await session.fetch(
            messages.BY_ID,
            org_id=self.organization,
            ids=session.engine.list_value([self._message_id]),
        )
        if not rows:
            raise NotFoundError("There is no such message.")
        return conversation, message_of(rows[0])

    async def repeat(self, transaction: Transaction) -> Message:
        _, message = await self._load(transaction)
        return message

    async def _write(
        self,
        transaction: Transaction,
        conversation: Conversation,
        event: str,
        new: Message,
        at: int,
    ) -> None:
        column = "deleted_at" if event == events.MESSAGE_DELETED else "edited_at"
        await transaction.session.execute(
            update(tables.messages)
            .where(_m.org_id == self.organization, _m.message_id == new.id)
            .values({"body": new.body, column: at})
        )
        internal = new.visibility is Visibility.INTERNAL
        last = conversation.last_message
        if last is not None and last.id == new.id:
            conversation.last_message = msgspec.structs.replace(last, text=text.preview(new.body))
        transaction.append(conversation, event, new, at, internal=internal)
        # What is still on its way to the tables has to be there to be found.
        await transaction.flush()
        await versions.rewrite_events(transaction.session, self.organization, new)


class EditMessage(_OnMessage):
    """Replace the text of an own message. The old text is kept for agents only.

    ``body`` has passed ``check_body``.
    """

    def __init__(self, scope: Scope, message: Message, body: str, *, client_id: str | None) -> None:
        super().__init__(scope, message, client_id=client_id, content=f"edit {message.id} {body}")
        self._body = body
        self.size += sys.getsizeof(body)

    async def do(self, transaction: Transaction) -> Message:
        conversation, message = await self._load(transaction)
        require_author(self.scope, message)
        if message.deleted_at is not None:
            raise MessageDeletedError()
        if message.body == self._body:
            return message
        at = conversation.next_at(transaction.now)
        new = msgspec.structs.replace(message, body=self._body, edited_at=clock.rfc3339(at))
        await versions.keep(transaction.session, self.organization, message)
        await self._write(transaction, conversation, events.MESSAGE_UPDATED, new, at)
        return new


class DeleteMessage(_OnMessage):
    """Remove the texts of a message from the tables and from the log. The message stays."""

    def __init__(self, scope: Scope, message: Message, *, client_id: str | None) -> None:
        super().__init__(scope, message, client_id=client_id, content=f"delete {message.id}")

    async def do(self, transaction: Transaction) -> Message:
        conversation, message = await self._load(transaction)
        require_deleter(self.scope, message)
        if message.deleted_at is not None:
            return message
        at = conversation.next_at(transaction.now)
        new = msgspec.structs.replace(message, body="", deleted_at=clock.rfc3339(at))
        await versions.drop(transaction.session, self.organization, message.id)
        await self._write(transaction, conversation, events.MESSAGE_DELETED, new, at)
        return new
