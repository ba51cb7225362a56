"""Who may subscribe to a stream, and where its head is."""

from __future__ import annotations

from campfire_chat.domain import streams
from campfire_chat.domain.principal import Scope
from campfire_chat.errors import NotFoundError
from campfire_chat.storage import conversations
from campfire_chat.storage import streams as stream_queries
from campfire_chat.storage.gathered import Gathered
from campfire_chat.storage.lanes import Lanes


class Audience:
    """See the module. After a restart many clients ask at once, so they share queries.

    Args:
        readers: The lanes that run the queries.
    """

    def __init__(self, readers: Lanes) -> None:
        self._owners = Gathered(readers, conversations.owners)
        self._heads = Gathered(readers, stream_queries.heads)

    async def check(self, scope: Scope, conversation_id: str) -> None:
        """
        Raises:
            NotFoundError: No such conversation, or not one that the caller may see.
        """
        owner = await self._owners.get(scope.organization, conversation_id)
        if owner is None or not owner.lets(scope):
            raise NotFoundError("There is no such conversation.")

    async def admit(self, scope: Scope, name: str) -> int:
        """The head of a stream, read after this was called, if the caller belongs to its audience.

        Raises:
            NotFoundError: No such stream, or not one that the caller may see.
        """
        stream = streams.parse(name)
        if stream.kind == "inbox":
            if not scope.is_agent or stream.subject != scope.organization:
                raise NotFoundError("There is no such stream.")
            return await self._heads.get(scope.organization, name) or 0
        internal = stream.kind == "notes"
        if not internal or scope.is_agent:
            owner = await self._owners.get(scope.organization, stream.subject)
            if owner is not None and owner.lets(scope):
                return owner.notes_head if internal else owner.head
        raise NotFoundError("There is no such stream.")
