"""Mentions, for the API."""

from __future__ import annotations

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.database.lanes import Session
from campfire_chat.features.conversations.permissions import NOTES_READ
from campfire_chat.features.mentions import queries
from campfire_chat.features.mentions.records import Mention
from campfire_chat.features.messages import queries as message_queries
from campfire_chat.ledger.storage import Storage


class MentionService:
    """See the module."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def of_message(self, actor: Actor, message_id: str) -> list[Mention]:
        """Whom a note mentions. A public message mentions nobody.

        Raises:
            ForbiddenError: The caller may not read notes.
            NotFoundError: No such message, or not one that the caller may see.
        """
        require(actor, NOTES_READ)

        async def read(session: Session) -> list[Mention]:
            await message_queries.get(session, actor, message_id)
            return await queries.of_message(session, actor.organization, message_id)

        return await self._storage.read(read)
