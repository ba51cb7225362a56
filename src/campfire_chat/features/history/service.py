"""The history of a conversation, from its events."""

from __future__ import annotations

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import can, require
from campfire_chat.core.errors import InvalidCursorError
from campfire_chat.feature import Service
from campfire_chat.features.conversations import streams
from campfire_chat.features.conversations.permissions import NOTES_READ
from campfire_chat.features.conversations.service import ConversationService
from campfire_chat.features.history import queries
from campfire_chat.features.history.permissions import HISTORY_READ
from campfire_chat.features.history.queries import Place
from campfire_chat.features.history.records import HistoryEntry
from campfire_chat.ledger.storage import Storage


class HistoryService(Service):
    """See the module."""

    def __init__(self, storage: Storage, conversations: ConversationService) -> None:
        self._storage = storage
        self._conversations = conversations

    async def page(
        self, actor: Actor, conversation_id: str, before: Place | None, limit: int
    ) -> tuple[list[HistoryEntry], Place | None]:
        """A page of what happened, the latest first, and where the next page begins.

        Whoever may not read notes does not learn of them, nor of the changes that stand beside
        them: priority, tags, snoozes and access labels.

        Raises:
            ForbiddenError: The caller may not read the history.
            NotFoundError: No such conversation, or not one that the caller may see.
            InvalidCursorError: The place is of another conversation.
        """
        require(actor, HISTORY_READ)
        await self._conversations.get(actor, conversation_id)
        readable = [streams.conversation(conversation_id)]
        if can(actor, NOTES_READ):
            readable.append(streams.notes(conversation_id))
        place = before or {}
        if not place.keys() <= set(readable):
            raise InvalidCursorError(field="cursor")
        return await self._storage.read(
            lambda session: queries.page(session, actor.organization, readable, place, limit)
        )
