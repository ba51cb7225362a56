"""Drafts, for the code of the host app."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from campfire_chat.features.drafts.records import DraftRecord
from campfire_chat.features.messages.records import Visibility
from campfire_chat.http.in_process import InProcess
from campfire_chat.http.pagination import DEFAULT_LIMIT, Page


class DraftsApi:
    """What one agent may do with the drafts of their own."""

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller

    async def list(
        self, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[DraftRecord]:
        """A page of the agent's drafts, by the ids of their conversations.

        Raises:
            ForbiddenError: The caller keeps no drafts.
        """
        return await self._caller.call("list_drafts", query={"cursor": cursor, "limit": limit})

    async def get(self, conversation_id: str) -> DraftRecord:
        """The agent's draft in a conversation. Without one, its ``updated_at`` is None.

        Raises:
            ForbiddenError: The caller keeps no drafts.
            NotFoundError: There is no such conversation, or the caller may not see it.
        """
        return await self._caller.call("get_draft", path={"conversation_id": conversation_id})

    async def save(
        self,
        conversation_id: str,
        *,
        reply: str = "",
        note: str = "",
        visibility: Visibility = Visibility.PUBLIC,
        reply_to: str | None = None,
        base: str | UnsetType | None = UNSET,
    ) -> DraftRecord:
        """Store the agent's draft in a conversation. Empty texts delete it.

        Args:
            reply: The text for the visitor.
            note: The text of a private note.
            visibility: Which of the two the agent is writing.
            reply_to: The ``msg_…`` id of the message that it answers.
            base: The ``updated_at`` of the draft that this one builds on, or None if there was
                none. Left out, this one replaces whatever there is.

        Raises:
            ForbiddenError: The caller keeps no drafts.
            NotFoundError: There is no such conversation, or the caller may not see it.
            BodyTooLongError: A text is longer than a message may be.
            DraftStaleError: Another draft is there by now.
            TooManyDraftsError: There are as many as there may be.
        """
        return await self._caller.call(
            "save_draft",
            path={"conversation_id": conversation_id},
            body={
                "reply": reply,
                "note": note,
                "visibility": visibility,
                "reply_to": reply_to,
                "base": base,
            },
        )
