"""Saved replies, for the API."""

from __future__ import annotations

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.features.saved_replies import queries, rules
from campfire_chat.features.saved_replies.operations import (
    Changes,
    ChangeSavedReply,
    CreateSavedReply,
    DeleteSavedReply,
    Draft,
)
from campfire_chat.features.saved_replies.permissions import (
    SAVED_REPLIES_EDIT,
    SAVED_REPLIES_READ,
)
from campfire_chat.features.saved_replies.queries import Place
from campfire_chat.features.saved_replies.records import SavedReplyRecord
from campfire_chat.ledger.storage import Storage


class SavedReplyService:
    """See the module."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def page(
        self, actor: Actor, search: str, after: Place | None, limit: int
    ) -> tuple[list[SavedReplyRecord], Place | None]:
        """The shared ones and the caller's own, and where the next page begins.

        Args:
            search: Words. Each of them begins a word of the shortcut, the title or the text; upper
                and lower case and accents do not matter. Without a word, all are found.

        Raises:
            ForbiddenError: The caller may not see saved replies.
        """
        require(actor, SAVED_REPLIES_READ)
        words = rules.words_of(search)
        found = await self._storage.read(
            lambda session: queries.page(session, actor, words, after, limit + 1)
        )
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        return found[:limit], (last.shortcut, last.id)

    async def get(self, actor: Actor, saved_reply_id: str) -> SavedReplyRecord:
        """
        Raises:
            ForbiddenError: The caller may not see saved replies.
            NotFoundError: There is none, or it is somebody else's.
        """
        require(actor, SAVED_REPLIES_READ)
        return await self._storage.read(lambda session: queries.get(session, actor, saved_reply_id))

    async def create(self, actor: Actor, draft: Draft) -> SavedReplyRecord:
        """
        Raises:
            ForbiddenError: The caller may not create it.
            ShortcutTakenError: Another one has the shortcut.
            TooManySavedRepliesError: There is no room for one more.
        """
        require(actor, rules.needed_for(None if draft.shared else actor.principal.id))
        return await self._storage.submit(CreateSavedReply(actor, draft))

    async def change(self, actor: Actor, saved_reply_id: str, changes: Changes) -> SavedReplyRecord:
        """
        Raises:
            ForbiddenError: The caller may not change it.
            NotFoundError: There is none, or it is somebody else's.
            ShortcutTakenError: Another one has the shortcut.
            TooManySavedRepliesError: There is no room for one more where it goes.
        """
        require(actor, SAVED_REPLIES_EDIT)
        return await self._storage.submit(ChangeSavedReply(actor, saved_reply_id, changes))

    async def delete(self, actor: Actor, saved_reply_id: str) -> SavedReplyRecord:
        """
        Raises:
            ForbiddenError: The caller may not delete it.
            NotFoundError: There is none, or it is somebody else's.
        """
        require(actor, SAVED_REPLIES_EDIT)
        return await self._storage.submit(DeleteSavedReply(actor, saved_reply_id))
