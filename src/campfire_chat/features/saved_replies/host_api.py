"""Saved replies, for the code of the host app."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from campfire_chat.features.saved_replies.records import SavedReplyRecord
from campfire_chat.http.in_process import InProcess
from campfire_chat.http.pagination import DEFAULT_LIMIT, Page


class SavedRepliesApi:
    """What one caller may do with saved replies: the shared ones and the caller's own."""

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller

    async def list(
        self, search: str = "", *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[SavedReplyRecord]:
        """A page of saved replies, by their shortcuts.

        Args:
            search: Words. Each of them begins a word of the shortcut, the title or the text. Upper
                and lower case and accents do not matter. Without a word, all are found.
            cursor: ``next_cursor`` of the page before.
            limit: 1 to 100.

        Raises:
            ForbiddenError: The caller may not see saved replies.
        """
        return await self._caller.call(
            "list_saved_replies", query={"search": search, "cursor": cursor, "limit": limit}
        )

    async def get(self, saved_reply_id: str) -> SavedReplyRecord:
        """
        Raises:
            ForbiddenError: The caller may not see saved replies.
            NotFoundError: There is none of that id, or it is another agent's.
        """
        return await self._caller.call("get_saved_reply", path={"saved_reply_id": saved_reply_id})

    async def create(
        self, shortcut: str, title: str, body: str, *, shared: bool = False
    ) -> SavedReplyRecord:
        """Create a saved reply. A repetition raises ShortcutTakenError, and creates no second one.

        Args:
            shortcut: 1 to 40 letters, digits, hyphens, dots or underscores. Upper case becomes
                lower case.
            title: One line of 1 to 120 characters.
            body: 1 to 5,000 characters. It may have variables such as ``{{contact.name|there}}``.
            shared: Whether all agents see it. Otherwise only the caller does. As the system,
                share it: no agent sees what is the system's own.

        Raises:
            ForbiddenError: The caller may not create it.
            InvalidError: A value is refused.
            ShortcutTakenError: Another one has the shortcut.
            TooManySavedRepliesError: There are as many as there may be.
        """
        return await self._caller.call(
            "create_saved_reply",
            body={"shortcut": shortcut, "title": title, "body": body, "shared": shared},
        )

    async def change(
        self,
        saved_reply_id: str,
        *,
        shortcut: str | UnsetType = UNSET,
        title: str | UnsetType = UNSET,
        body: str | UnsetType = UNSET,
        shared: bool | UnsetType = UNSET,
    ) -> SavedReplyRecord:
        """Change a saved reply. What is left out stays as it is.

        Args:
            shared: True shares it with all agents. False makes it the caller's own.

        Raises:
            ForbiddenError: The caller may not change it.
            NotFoundError: There is none of that id, or it is another agent's.
            InvalidError: A value is refused.
            ShortcutTakenError: Another one has the shortcut.
            TooManySavedRepliesError: There are as many as there may be where it goes.
        """
        return await self._caller.call(
            "change_saved_reply",
            path={"saved_reply_id": saved_reply_id},
            body={"shortcut": shortcut, "title": title, "body": body, "shared": shared},
        )

    async def delete(self, saved_reply_id: str) -> SavedReplyRecord:
        """Delete a saved reply, and return it as it was.

        Raises:
            ForbiddenError: The caller may not delete it.
            NotFoundError: There is none of that id, or it is another agent's.
        """
        return await self._caller.call(
            "delete_saved_reply", path={"saved_reply_id": saved_reply_id}
        )
