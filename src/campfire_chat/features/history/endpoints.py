"""The endpoint of the history of a conversation."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from campfire_chat.core.errors import InvalidCursorError
from campfire_chat.features.history.permissions import HISTORY_READ
from campfire_chat.features.history.records import HistoryEntry
from campfire_chat.features.history.service import HistoryService
from campfire_chat.http.endpoints import Call, Endpoint, Reply
from campfire_chat.http.pagination import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Page,
    read_cursor,
    write_cursor,
)
from campfire_chat.realtime.frames import Seq

#: As :data:`~campfire_chat.features.history.queries.Place`, and no longer than it can be.
Places = Annotated[dict[str, Seq], Meta(max_length=2)]


class HistoryList(Struct, frozen=True, kw_only=True):
    cursor: Cursor | None = None
    limit: Limit = DEFAULT_LIMIT


async def read_history(call: Call) -> Reply:
    query: HistoryList = call.query
    entries, following = await call.service(HistoryService).page(
        call.actor, call.path["conversation_id"], read_cursor(query.cursor, Places), query.limit
    )
    return Reply(Page(entries, None if following is None else write_cursor(following)))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="get_history",
        method="GET",
        path="/conversations/{conversation_id}/history",
        permission=HISTORY_READ,
        handler=read_history,
        summary="Read what happened to a conversation, the latest first",
        query=HistoryList,
        returns={200: Page[HistoryEntry]},
        errors=(InvalidCursorError,),
    ),
)
