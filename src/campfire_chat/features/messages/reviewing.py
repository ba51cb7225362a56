"""Messages as the host app's functions leave them, before they are stored.

Whoever sends the same again is answered as at first, without another look at it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from campfire_chat.access.actor import Actor
from campfire_chat.database.statement import Query
from campfire_chat.features.messages.originals import Original
from campfire_chat.features.messages.queries import BY_CLIENT_KEY
from campfire_chat.features.messages.records import Message, Visibility
from campfire_chat.features.messages.rules import check_body
from campfire_chat.hooks.before import MessageReview, OutgoingMessage
from campfire_chat.ledger.client_keys import client_key
from campfire_chat.ledger.operation import FINGERPRINTS
from campfire_chat.ledger.storage import Storage

T = TypeVar("T")


class Reviewing:
    """Stores messages after a review, if the host app has functions for it.

    Args:
        limit: Characters that a message may have.
    """

    def __init__(self, storage: Storage, review: MessageReview | None, *, limit: int) -> None:
        self._storage = storage
        self._review = None if review is None or not review.is_needed else review
        self._limit = limit

    def original(self, body: str) -> Original:
        """A text as it was sent.

        Raises:
            BodyEmptyError: It contains nothing visible.
            BodyTooLongError: It has too many characters.
            InvalidTextError: It cannot be stored.
        """
        return Original(self.check(body), self._storage.agent_key)

    def check(self, body: str) -> str:
        return check_body(body, limit=self._limit)

    def new(
        self,
        actor: Actor,
        conversation_id: str | None,
        client_id: str,
        visibility: Visibility,
        original: Original,
        store: Callable[[str], asyncio.Future[T]],
    ) -> asyncio.Future[T]:
        """Store a new message.

        Args:
            conversation_id: None for the first message of a new conversation.
            store: Queues the message with this text during the call.

        Raises:
            MessageRefusedError: The host app refuses the message.
            HookFailedError: The host app could not look at it.
        """
        if self._review is None:
            return store(original.text)
        message = OutgoingMessage(
            organization=actor.organization,
            conversation_id=conversation_id,
            sender=actor.principal.participant,
            internal=visibility is Visibility.INTERNAL,
            body=original.text,
        )
        return self._review.begin(
            self._look(self._review, actor, message, BY_CLIENT_KEY, client_id, store)
        )

    def edit(
        self,
        actor: Actor,
        message: Message,
        client_id: str | None,
        original: Original,
        store: Callable[[str], asyncio.Future[T]],
    ) -> asyncio.Future[T]:
        """Store the new text of a message. Everything else is as in :meth:`new`."""
        if self._review is None:
            return store(original.text)
        outgoing = OutgoingMessage(
            organization=actor.organization,
            conversation_id=message.conversation_id,
            message_id=message.id,
            sender=actor.principal.participant,
            internal=message.visibility is Visibility.INTERNAL,
            body=original.text,
        )
        return self._review.begin(
            self._look(self._review, actor, outgoing, FINGERPRINTS.query, client_id, store)
        )

    async def _look(
        self,
        review: MessageReview,
        actor: Actor,
        message: OutgoingMessage,
        known: Query,
        client_id: str | None,
        store: Callable[[str], asyncio.Future[T]],
    ) -> T:
        """
        Args:
            known: Finds what was stored under a client id.
        """
        async with review.turn(actor.organization, message.conversation_id or actor.sender_key):
            body = message.body
            if client_id is None or not await self._is_known(actor, known, client_id):
                body = await review.text_of(message, self.check)
            storing = store(body)
        return await storing

    async def _is_known(self, actor: Actor, known: Query, client_id: str) -> bool:
        key = client_key(actor.sender_key, client_id)
        rows = await self._storage.read(
            lambda session: session.fetch(
                known, org_id=actor.organization, keys=session.engine.list_value([key])
            )
        )
        return bool(rows)
