"""The endpoint of the search."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from campfire_chat.core.errors import InvalidCursorError, InvalidTextError
from campfire_chat.features.search.documents import SearchKind
from campfire_chat.features.search.errors import InvalidSearchError, SearchTooBroadError
from campfire_chat.features.search.finding import Place, Sort
from campfire_chat.features.search.parsing import LONGEST
from campfire_chat.features.search.records import SearchHit
from campfire_chat.features.search.rules import END
from campfire_chat.features.search.service import SearchService
from campfire_chat.http.endpoints import Call, Cost, Endpoint, Reply
from campfire_chat.http.pagination import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Page,
    read_cursor,
    write_cursor,
)
from campfire_chat.ledger.streams import INBOX_READ

_Number = Annotated[int, Meta(ge=0, le=END)]
#: Where a page ends. Which order it belongs to is part of it, so that no cursor is taken for
#: another list's.
_Place = tuple[Sort, _Number, Annotated[int, Meta(ge=0, le=10_000)]]


class Within(StrEnum):
    """What `in` names."""

    MESSAGES = "messages"
    NOTES = "notes"
    CONVERSATIONS = "conversations"


_KINDS = {
    Within.MESSAGES: SearchKind.MESSAGE,
    Within.NOTES: SearchKind.NOTE,
    Within.CONVERSATIONS: SearchKind.CONVERSATION,
}


class Search(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to find. It is a body and no query, since addresses are written into logs."""

    q: Annotated[
        str, Meta(description=f'Words, "phrases" and operators, up to {LONGEST} characters')
    ]
    within: Annotated[
        list[Within], Meta(max_length=len(_KINDS), description="What to find; empty for all")
    ] = msgspec.field(default_factory=list[Within], name="in")
    sort: Annotated[
        Sort,
        Meta(
            description="best ranks 5,000 matches at a time, the newest first; newest ranks nothing"
        ),
    ] = "best"
    cursor: Cursor | None = None
    limit: Limit = DEFAULT_LIMIT


async def search(call: Call) -> Reply:
    body: Search = call.body
    given: _Place | None = read_cursor(body.cursor, _Place)
    if given is not None and given[0] != body.sort:
        raise InvalidCursorError(field="cursor")
    hits, following = await call.service(SearchService).page(
        call.actor,
        body.q,
        kinds=frozenset(_KINDS[name] for name in body.within),
        sort=body.sort,
        place=None if given is None else Place(*given[1:]),
        limit=body.limit,
    )
    cursor = None if following is None else write_cursor((body.sort, *following))
    return Reply(Page(hits, cursor))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="search",
        method="POST",
        path="/search",
        permission=INBOX_READ,
        handler=search,
        summary="Search messages, notes and conversations",
        body=Search,
        returns={200: Page[SearchHit]},
        errors=(InvalidCursorError, InvalidSearchError, InvalidTextError, SearchTooBroadError),
        cost=Cost.SEARCH,
    ),
)
