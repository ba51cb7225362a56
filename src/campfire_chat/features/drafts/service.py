"""Drafts, for the API."""

from __future__ import annotations

import asyncio

from msgspec import UnsetType

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.core.errors import NotFoundError
from campfire_chat.core.scalars import Timestamp
from campfire_chat.features.conversations import streams
from campfire_chat.features.drafts import queries, rules
from campfire_chat.features.drafts.errors import TooManyDraftsError
from campfire_chat.features.drafts.operations import SaveDraft
from campfire_chat.features.drafts.permissions import DRAFTS_WRITE
from campfire_chat.features.drafts.records import DraftRecord, DraftText
from campfire_chat.ledger.storage import Storage
from campfire_chat.settings import Settings


class DraftService:
    """See the module."""

    def __init__(self, storage: Storage, settings: Settings) -> None:
        self._storage = storage
        self._limit = settings.max_body_characters

    async def page(
        self, actor: Actor, after: str, limit: int
    ) -> tuple[list[DraftRecord], str | None]:
        """The caller's own drafts, and where the next page begins.

        Those in conversations that the caller may not see any more are left out, so a page may have
        fewer.

        Raises:
            ForbiddenError: The caller keeps no drafts.
        """
        require(actor, DRAFTS_WRITE)
        found, following = await self._storage.read(
            lambda session: queries.page(session, actor, after, limit)
        )
        seen = await asyncio.gather(*(self._sees(actor, draft) for draft in found))
        return [draft for draft, shown in zip(found, seen, strict=True) if shown], following

    async def _sees(self, actor: Actor, draft: DraftRecord) -> bool:
        try:
            await self._check(actor, draft.conversation_id)
        except NotFoundError:
            return False
        return True

    async def _check(self, actor: Actor, conversation_id: str) -> None:
        """
        Raises:
            NotFoundError: No such conversation, or not one that the caller may see.
        """
        try:
            await self._storage.authorize_stream(actor, streams.conversation(conversation_id))
        except NotFoundError:
            raise NotFoundError("There is no such conversation.") from None

    async def get(self, actor: Actor, conversation_id: str) -> DraftRecord:
        """
        Raises:
            ForbiddenError: The caller keeps no drafts.
            NotFoundError: No such conversation, or not one that the caller may see.
        """
        require(actor, DRAFTS_WRITE)
        await self._check(actor, conversation_id)
        return await self._storage.read(
            lambda session: queries.get(session, actor, conversation_id)
        )

    async def save(
        self,
        actor: Actor,
        conversation_id: str,
        draft: DraftText,
        base: Timestamp | UnsetType | None,
    ) -> DraftRecord:
        """Store a draft of the caller's own. Without texts it is deleted, also in a conversation
        that the caller may not see any more, or that never was.

        A draft in a conversation that the caller may not see is in no list, so nobody could make
        room by deleting it. If there is no room, the oldest of these is given up.

        Raises:
            ForbiddenError: The caller keeps no drafts.
            NotFoundError: No such conversation, or not one that the caller may see.
            BodyTooLongError: A text is longer than a message may be.
            DraftStaleError: The draft has changed since ``base``.
            TooManyDraftsError: There is no room for one more.
        """
        require(actor, DRAFTS_WRITE)
        if not rules.is_empty(draft):
            await self._check(actor, conversation_id)
        checked = rules.check(draft, limit=self._limit)
        try:
            return await self._storage.submit(SaveDraft(actor, conversation_id, checked, base))
        except TooManyDraftsError:
            unseen = await self._oldest_unseen(actor)
            if unseen is None:
                raise
        given_up = SaveDraft(actor, unseen.conversation_id, DraftText(), unseen.updated_at)
        await self._storage.submit(given_up)
        return await self._storage.submit(SaveDraft(actor, conversation_id, checked, base))

    async def _oldest_unseen(self, actor: Actor) -> DraftRecord | None:
        """The oldest draft in a conversation that the caller may not see."""
        found, _ = await self._storage.read(
            lambda session: queries.page(session, actor, "", rules.MOST_DRAFTS)
        )
        seen = await asyncio.gather(*(self._sees(actor, draft) for draft in found))
        unseen = [draft for draft, shown in zip(found, seen, strict=True) if not shown]
        return min(unseen, key=lambda draft: draft.updated_at or "", default=None)
