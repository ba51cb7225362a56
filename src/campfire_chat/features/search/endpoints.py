"""The endpoint of the search."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from campfire_chat.core.errors import InvalidCursorError, InvalidTextError
from campfire_chat.features.search.documents import SearchKind
from campfire_chat.features.search.errors import InvalidSearchError, SearchTooBroadError
from campfire_chat.features.search.finding import Sort
from campfire_chat.features.search.parsing import LONGEST
from campfire_chat.features.search.records import SearchHit
from campfire_chat.features.search.rules import END
from campfire_chat.features.search.service import Place, SearchService
from campfire_chat.http.endpoints import Call, Endpoint, Reply
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

#: What `in` names. Left out, everything is found.
_KINDS = {
    "messages": SearchKind.MESSAGE,
    "notes": SearchKind.NOTE,
    "conversations": SearchKind.CONVERSATION,
}


class SearchQuery(Struct, frozen=True, kw_only=True):
    q: Annotated[
        str, Meta(description=f'Words, "phrases" and operators, up to {LONGEST} characters')
    ]
    within: (
        Annotated[
            str,
            Meta(
                pattern=rf"^(?:{'|'.join(_KINDS)})(?:,(?:{'|'.join(_KINDS)}))*$",
                max_length=100,
                description=f"What to find, with commas between: {', '.join(_KINDS)}. Unless "
                "given, all",
            ),
        ]
        | None
    ) = msgspec.field(default=None, name="in")
    sort: Annotated[
        Sort, Meta(description="best ranks the newest 5,000 matches; newest ranks nothing")
    ] = "best"
    cursor: Cursor | None = None
    limit: Limit = DEFAULT_LIMIT


async def search(call: Call) -> Reply:
    query: SearchQuery = call.query
    given: _Place | None = read_cursor(query.cursor, _Place)
    if given is not None and given[0] != query.sort:
        raise InvalidCursorError(field="cursor")
    hits, following = await call.service(SearchService).page(
        call.actor,
        query.q,
        kinds=frozenset(_KINDS[name] for name in (query.within or "").split(",") if name),
        sort=query.sort,
        place=None if given is None else Place(*given[1:]),
        limit=query.limit,
    )
    cursor = None if following is None else write_cursor((query.sort, *following))
    return Reply(Page(hits, cursor))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="search",
        method="GET",
        path="/search",
        permission=INBOX_READ,
        handler=search,
        summary="Search messages, notes and conversations",
        query=SearchQuery,
        returns={200: Page[SearchHit]},
        errors=(InvalidCursorError, InvalidSearchError, InvalidTextError, SearchTooBroadError),
    ),
)
