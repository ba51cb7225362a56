"""Beginning and changing conversations."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import msgspec

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.core import ids
from campfire_chat.core.errors import ClientIdConflictError, ForbiddenError, InvalidError
from campfire_chat.features.agents.queries import ASSIGNEES
from campfire_chat.features.agents.records import Assignee
from campfire_chat.features.contacts import operations as contact_operations
from campfire_chat.features.contacts import queries as contact_queries
from campfire_chat.features.contacts.errors import ContactBlockedError
from campfire_chat.features.contacts.records import Contact
from campfire_chat.features.contacts.rules import NOTHING, Wanted
from campfire_chat.features.conversations import numbers, snoozes
from campfire_chat.features.conversations.aggregate import CONVERSATIONS, append_changes
from campfire_chat.features.conversations.permissions import (
    CONVERSATIONS_CREATE,
    CONVERSATIONS_MANAGE,
    CONVERSATIONS_RESTRICT,
)
from campfire_chat.features.conversations.records import ConversationSummary, Status
from campfire_chat.features.conversations.rules import (
    Conversation,
    Patch,
    change,
    check_subject,
    check_tags,
)
from campfire_chat.features.messages.adding import add_message, begin_message, differs
from campfire_chat.features.messages.lookups import SENT
from campfire_chat.features.messages.originals import ORIGINALS, Original, keep
from campfire_chat.features.messages.records import Message, Visibility
from campfire_chat.features.receipts.operations import MARKS
from campfire_chat.features.tags import using
from campfire_chat.features.teams.queries import TEAM_NAMES
from campfire_chat.features.teams.records import TeamName
from campfire_chat.ledger.client_keys import client_key
from campfire_chat.ledger.lookups import Lookup
from campfire_chat.ledger.operation import IdempotentOperation, Operation
from campfire_chat.ledger.transaction import Transaction


class Opened(msgspec.Struct, frozen=True):
    conversation_id: str
    duplicate: bool


def require_opener(actor: Actor, contact_id: str | None) -> None:
    """
    Raises:
        ForbiddenError: The caller may not begin a conversation with that contact.
    """
    require(actor, CONVERSATIONS_CREATE)
    if actor.is_visitor and contact_id not in (None, actor.principal.id):
        raise ForbiddenError("A visitor cannot name a contact.")


class OpenConversation(Operation[Opened]):
    """Begin a conversation with its first message. ``body`` has passed ``check_body``.

    Args:
        body: The text to store.
        original: The text that was sent.
        conversation_id: The id that the conversation gets; None for a new one.
        assign: Whether an agent who begins a conversation gets it.
        attributes: What the host app says of the attributes of a visitor who begins it, checked.
    """

    def __init__(
        self,
        actor: Actor,
        *,
        client_id: str,
        body: str,
        original: Original,
        subject: str | None,
        contact_id: str | None,
        conversation_id: str | None = None,
        assign: bool,
        attributes: Wanted = NOTHING,
    ) -> None:
        super().__init__(actor)
        require_opener(actor, contact_id)
        self._client_id = client_id
        self._key = client_key(actor.sender_key, client_id)
        self._body = body
        self._original = original
        self.size += sys.getsizeof(body)
        self._subject = check_subject(subject)
        self._contact_id = contact_id
        self._conversation_id = conversation_id
        self._assign = assign
        self._attributes = attributes

    def lookups(self) -> Iterable[tuple[Lookup[Any], str]]:
        return ((SENT, self._key),)

    async def run(self, transaction: Transaction) -> Opened:
        actor = self.actor
        earlier = await transaction.look_up(SENT, self.organization, self._key)
        if earlier is not None:
            return await self._repeated(transaction, earlier)
        conversation_id = self._conversation_id or ids.new(ids.CONVERSATION)
        conversation = Conversation(
            organization=self.organization,
            id=conversation_id,
            number=await numbers.give(transaction, self.organization, conversation_id),
            contact=await self._contact(transaction),
            subject=self._subject,
            created_at=transaction.now,
            last_at=transaction.now - 1,
            last_activity_at=transaction.now,
        )
        transaction.add(CONVERSATIONS, conversation, (MARKS,))
        message = begin_message(
            actor, conversation, now=transaction.now, client_id=self._client_id, body=self._body
        )
        add_message(transaction, actor, conversation, message, assign=self._assign)
        keep(transaction, self.organization, self._key, self._original, self._body)
        return Opened(conversation_id=conversation.id, duplicate=False)

    async def _contact(self, transaction: Transaction) -> Contact:
        """The visitor with whom the conversation is.

        Raises:
            ContactBlockedError: The visitor is blocked.
            InvalidError: An agent names none, or one that does not exist or that they do not see.
        """
        if self.actor.is_visitor:
            contact = await contact_operations.remember(
                transaction, self.actor, attributes=self._attributes
            )
            if contact.blocked:
                raise ContactBlockedError()
            return contact
        if self._contact_id is None:
            raise InvalidError("An agent has to name the contact.", field="contact_id")
        # The answer has their name and address, and the conversation would be one of theirs.
        seen = await contact_queries.record(transaction.session, self.actor, self._contact_id)
        found = await contact_queries.find(transaction.session, self.actor, self._contact_id)
        if seen is None or found is None:
            raise InvalidError("There is no such contact.", field="contact_id")
        return found

    async def _repeated(self, transaction: Transaction, earlier: Message) -> Opened:
        """The conversation that was begun with this client id, if there is one."""
        about = earlier.conversation_id
        await transaction.load(CONVERSATIONS, self.organization, [about])
        conversation = transaction.aggregate(CONVERSATIONS, self.actor, about)
        if (
            earlier.seq != 1
            or earlier.visibility is not Visibility.PUBLIC
            or (self._contact_id not in (None, conversation.contact.id))
        ):
            raise ClientIdConflictError()
        if differs(earlier, self._original):
            sent = await transaction.look_up(ORIGINALS, self.organization, self._key)
            if sent != self._original.digest:
                raise ClientIdConflictError()
        transaction.repeat(CONVERSATIONS, conversation)
        return Opened(conversation_id=about, duplicate=True)


#: To whom a conversation goes: an id, None for nobody, UNSET for no change.
To = str | msgspec.UnsetType | None


def require_changer(actor: Actor, patch: Patch, *to: To) -> None:
    """
    Raises:
        ForbiddenError: The caller may not make that change.
    """
    manages = patch.manages or any(one is not msgspec.UNSET for one in to)
    if patch.restricts:
        require(actor, CONVERSATIONS_RESTRICT)
    # A change that names nothing asks for the permission too.
    if manages or not patch.restricts:
        require(actor, CONVERSATIONS_MANAGE)


class ChangeConversation(IdempotentOperation[ConversationSummary]):
    """Change a conversation. The result is how it is then.

    Args:
        patch: What to change, except the assignee and the team.
        assignee_id: The new assignee.
        team_id: The new team.
        assignable: The roles of agents to whom conversations may be assigned.
    """

    kind = CONVERSATIONS

    def __init__(
        self,
        actor: Actor,
        conversation_id: str,
        patch: Patch,
        assignee_id: To,
        *,
        team_id: To = msgspec.UNSET,
        assignable: frozenset[str],
        client_id: str | None,
    ) -> None:
        to = {"assignee": assignee_id, "team": team_id}
        to = {name: one for name, one in to.items() if one is not msgspec.UNSET}
        content = msgspec.json.encode((conversation_id, patch, to)).decode()
        super().__init__(
            actor,
            (conversation_id,),
            client_id=client_id,
            content=f"change {content}",
        )
        self._conversation_id = conversation_id
        self._patch = patch
        self._assignee_id = assignee_id
        self._team_id = team_id
        self._assignable = assignable

    def lookups(self) -> Iterable[tuple[Lookup[Any], str]]:
        yield from super().lookups()
        if isinstance(self._assignee_id, str):
            yield ASSIGNEES, self._assignee_id
        if isinstance(self._team_id, str):
            yield TEAM_NAMES, self._team_id

    async def do(self, transaction: Transaction) -> ConversationSummary:
        conversation = transaction.aggregate(CONVERSATIONS, self.actor, self._conversation_id)
        require_changer(self.actor, self._patch, self._assignee_id, self._team_id)
        patch = msgspec.structs.replace(
            self._patch,
            assignee=await self._assignee(transaction),
            team=await self._team(transaction),
        )
        if patch.tags is not msgspec.UNSET and patch.tags != conversation.tags:
            tags = check_tags(patch.tags)
            used = await using.use(
                transaction, self.actor, conversation.id, tags, said=conversation.tags
            )
            patch = msgspec.structs.replace(patch, tags=used)
        changes = change(
            conversation, patch, actor=self.actor.principal.participant, now=transaction.now
        )
        append_changes(transaction, conversation, changes)
        until = conversation.snoozed_until
        if until is not None and patch.status is Status.SNOOZED:
            snoozes.defer(transaction, conversation, until)
        return conversation.summary

    async def _assignee(self, transaction: Transaction) -> Assignee | msgspec.UnsetType | None:
        """
        Raises:
            InvalidError: There is no such agent, or conversations cannot be assigned to them.
        """
        assignee_id = self._assignee_id
        if not isinstance(assignee_id, str):
            return assignee_id
        found = await transaction.look_up(ASSIGNEES, self.organization, assignee_id)
        if found is None or found.role not in self._assignable:
            raise InvalidError("There is no such agent.", field="assignee_id")
        return found.assignee

    async def _team(self, transaction: Transaction) -> TeamName | msgspec.UnsetType | None:
        """
        Raises:
            InvalidError: There is no such team.
        """
        team_id = self._team_id
        if not isinstance(team_id, str):
            return team_id
        found = await transaction.look_up(TEAM_NAMES, self.organization, team_id)
        if found is None:
            raise InvalidError("There is no such team.", field="team_id")
        return found

    async def repeat(self, transaction: Transaction) -> ConversationSummary:
        found = transaction.aggregate(CONVERSATIONS, self.actor, self._conversation_id)
        return found.summary
