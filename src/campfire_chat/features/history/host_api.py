"""The history of conversations, for the code of the host app."""

from __future__ import annotations

from campfire_chat.features.history.records import HistoryEntry
from campfire_chat.http.in_process import InProcess
from campfire_chat.http.pagination import DEFAULT_LIMIT, Page


class HistoryApi:
    """What one caller may read of what happened to conversations."""

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller

    async def list(
        self, conversation_id: str, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[HistoryEntry]:
        """A page of what happened to a conversation, the latest first.

        A caller without ``notes.read`` gets neither notes nor changes of priority, tags, snoozes
        and access labels.

        Raises:
            ForbiddenError: The caller may not read the history.
            NotFoundError: There is no such conversation, or the caller may not see it.
        """
        return await self._caller.call(
            "get_history",
            path={"conversation_id": conversation_id},
            query={"cursor": cursor, "limit": limit},
        )
