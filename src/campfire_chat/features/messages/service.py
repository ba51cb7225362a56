"""Messages, for the other features and for the API."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial

from campfire_chat.access.actor import Actor, actor_of_visitor
from campfire_chat.access.policy import require
from campfire_chat.access.roles import Roles
from campfire_chat.core import text
from campfire_chat.feature import Service
from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ, NOTES_READ
from campfire_chat.features.conversations.reopening import Reopening
from campfire_chat.features.mentions.rules import check_mentions, mentioned
from campfire_chat.features.messages import ordering, queries, versions
from campfire_chat.features.messages.adding import Sent
from campfire_chat.features.messages.operations import (
    DeleteMessage,
    EditMessage,
    RedactMessage,
    require_author,
    require_deleter,
)
from campfire_chat.features.messages.ordering import MessageOrder
from campfire_chat.features.messages.permissions import (
    MESSAGE_VERSIONS_READ,
    MESSAGES_REDACT,
)
from campfire_chat.features.messages.queries import Bounds
from campfire_chat.features.messages.records import Message, MessageVersion, Visibility
from campfire_chat.features.messages.reviewing import Reviewing
from campfire_chat.features.messages.rules import check_removed
from campfire_chat.features.messages.sending import Send, SendWithMentions
from campfire_chat.hooks.before import MessageReview
from campfire_chat.jobs.job import Work
from campfire_chat.ledger.storage import Storage
from campfire_chat.settings import Settings


class MessageService(Service):
    """See the module. It has no load limits, but checks what the caller may see and do."""

    def __init__(
        self,
        storage: Storage,
        settings: Settings,
        roles: Roles,
        reopening: Reopening,
        review: MessageReview | None = None,
    ) -> None:
        self._storage = storage
        self._reopening = reopening
        self._settings = settings
        self._note_readers = roles.with_permission(NOTES_READ) & roles.with_permission(
            CONVERSATIONS_READ
        )
        self._max_characters = settings.max_body_characters
        self._reviewing = Reviewing(storage, review, limit=settings.max_body_characters)

    def works(self) -> Iterable[Work]:
        yield ordering.SEND.done_by(ordering.done_by(self._send_by_host))

    def send(
        self,
        actor: Actor,
        conversation_id: str,
        *,
        client_id: str,
        body: str,
        visibility: Visibility = Visibility.PUBLIC,
        reply_to: str | None = None,
        seen: int | None = None,
        message_id: str | None = None,
    ) -> asyncio.Future[Sent]:
        """Store a message. The same client id stores once, without a time limit.

        A visitor's message that comes too late to reopen a resolved conversation goes to the later
        one in which it goes on, or begins it.

        The message enters the queue during the call, so messages keep the order of the calls. If
        the host app has functions that look at messages before, those of one conversation keep it.

        Args:
            seen: The last seq of the conversation's stream that the writer of a reply had seen.
                None sends it whatever was said since.
            message_id: The id that it gets; None for a new one.

        Raises:
            AnsweredSinceError: A colleague has answered since. It comes with the future.
            InvalidError: The body or an id cannot be stored.
            OverloadedError: Too many writes wait.
        """
        text.check_client_id(client_id)
        original = self._reviewing.original(body)

        def store(body: str) -> asyncio.Future[Sent]:
            mentions = visibility is Visibility.INTERNAL and mentioned(body)
            if mentions:
                check_mentions(body)
            kind = partial(SendWithMentions, note_readers=self._note_readers) if mentions else Send
            return self._storage.submit(
                kind(
                    actor,
                    conversation_id,
                    client_id=client_id,
                    body=body,
                    original=original,
                    visibility=visibility,
                    reply_to=reply_to,
                    reopening=self._reopening,
                    seen=seen,
                    assign=self._settings.assign_on_reply,
                    message_id=message_id,
                )
            )

        return self._reviewing.new(actor, conversation_id, client_id, visibility, original, store)

    def check_order(self, wanted: MessageOrder) -> None:
        """
        Raises:
            ConfigurationError: The visitor has values that none may have.
            InvalidError: The text is refused.
        """
        if wanted.visitor is not None:
            actor_of_visitor(wanted.visitor)
        self._reviewing.check(wanted.body)

    async def _send_by_host(self, actor: Actor, wanted: MessageOrder) -> None:
        """Send a message that the host app has ordered; its id is the client id as well."""
        await self.send(
            actor,
            wanted.conversation_id,
            client_id=wanted.message_id,
            body=wanted.body,
            visibility=wanted.visibility,
            message_id=wanted.message_id,
        )

    async def get(self, actor: Actor, message_id: str) -> Message:
        """
        Raises:
            NotFoundError: No such message, or not one that the caller may see.
        """
        return await self._storage.read(lambda session: queries.get(session, actor, message_id))

    async def page(
        self, actor: Actor, conversation_id: str, before: Bounds | None, limit: int
    ) -> tuple[list[Message], Bounds | None]:
        """A page of a thread, newest first, and where the next page begins."""
        return await self._storage.read(
            lambda session: queries.page(session, actor, conversation_id, before, limit)
        )

    async def versions(
        self, actor: Actor, message_id: str, after: int, limit: int
    ) -> tuple[list[MessageVersion], int | None]:
        """A page of a message's earlier texts, the oldest first, and where the next one begins."""
        require(actor, MESSAGE_VERSIONS_READ)
        return await self._storage.read(
            lambda session: versions.page(session, actor, message_id, after, limit)
        )

    async def edit(
        self, actor: Actor, message_id: str, body: str, *, client_id: str | None = None
    ) -> Message:
        """Replace the text of an own message."""
        original = self._reviewing.original(body)
        text.check_optional_client_id(client_id)
        message = await self.get(actor, message_id)
        require_author(actor, message)

        def store(body: str) -> asyncio.Future[Message]:
            if message.visibility is Visibility.INTERNAL:
                check_mentions(body)
            return self._storage.submit(
                EditMessage(
                    actor,
                    message,
                    body,
                    original=original,
                    note_readers=self._note_readers,
                    client_id=client_id,
                )
            )

        return await self._reviewing.edit(actor, message, client_id, original, store)

    async def delete(
        self, actor: Actor, message_id: str, *, client_id: str | None = None
    ) -> Message:
        """Remove the text of a message."""
        message = await self.get(actor, message_id)
        require_deleter(actor, message)
        return await self._storage.submit(
            DeleteMessage(actor, message, client_id=text.check_optional_client_id(client_id))
        )

    async def redact(
        self, actor: Actor, message_id: str, removed: str | None, *, client_id: str | None = None
    ) -> Message:
        """Remove a text from a message and from what it said before, for good.

        Args:
            removed: What is to be removed, wherever it stands; None for all of it.

        Raises:
            NotFoundError: No such message, or not one that the caller may see.
            MessageDeletedError: It was deleted.
            TextNotFoundError: It does not contain the text, and never did.
            InvalidError: The text is empty.
            BodyTooLongError: With the marks that take its place, the message becomes too long.
        """
        require(actor, MESSAGES_REDACT)
        removed = check_removed(removed)
        message = await self.get(actor, message_id)
        return await self._storage.submit(
            RedactMessage(
                actor,
                message,
                removed,
                key=self._storage.agent_key,
                limit=self._max_characters,
                note_readers=self._note_readers,
                client_id=text.check_optional_client_id(client_id),
            )
        )
