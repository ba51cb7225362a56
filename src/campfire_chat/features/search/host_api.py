"""The search, for the code of the host app."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from campfire_chat.features.search.finding import Sort
from campfire_chat.features.search.records import SearchHit
from campfire_chat.http.in_process import InProcess
from campfire_chat.http.pagination import DEFAULT_LIMIT, Page


class SearchApi:
    """What one caller may find."""

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller

    async def find(
        self,
        q: str,
        *,
        within: Collection[Literal["messages", "notes", "conversations"]] = (),
        sort: Sort = "best",
        cursor: str | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Page[SearchHit]:
        """A page of the messages, notes and conversations that hold all of what ``q`` asks for.

        Args:
            q: Words, quoted phrases and operators, such as ``refund from:visitor -tag:spam``. The
                last word may be the beginning of one, unless a space follows.
            within: What to find; empty for all.
            sort: ``best`` ranks 5,000 matches at a time, the newest first. ``newest`` ranks
                nothing.
            cursor: ``next_cursor`` of the page before.
            limit: 1 to 100.

        Raises:
            ForbiddenError: The caller may not see the inbox, or not read conversations.
            InvalidSearchError: The search is too long, or the value of an operator does not exist.
        """
        return await self._caller.call(
            "search",
            body={"q": q, "in": list(within), "sort": sort, "cursor": cursor, "limit": limit},
        )
