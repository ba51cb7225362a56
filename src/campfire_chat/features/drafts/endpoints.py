"""The endpoints of drafts."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from campfire_chat.core.errors import InvalidCursorError, InvalidTextError, NotFoundError
from campfire_chat.core.scalars import Timestamp
from campfire_chat.features.drafts.errors import DraftStaleError, TooManyDraftsError
from campfire_chat.features.drafts.permissions import DRAFTS_WRITE
from campfire_chat.features.drafts.records import DraftRecord, DraftText
from campfire_chat.features.drafts.service import DraftService
from campfire_chat.features.messages.errors import BodyTooLongError
from campfire_chat.features.messages.records import Visibility
from campfire_chat.http.endpoints import Call, Cost, Endpoint, Reply
from campfire_chat.http.pagination import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Page,
    read_cursor,
    write_cursor,
)
from campfire_chat.realtime.frames import EntityId

_BASE = Meta(
    description="The `updated_at` of the draft that this one builds on, or null if there was none. "
    "Another one is there by now: `draft_stale`. Left out, this one replaces whatever there is."
)


class DraftList(Struct, frozen=True, kw_only=True):
    cursor: Cursor | None = None
    limit: Limit = DEFAULT_LIMIT


class DraftSave(Struct, frozen=True, kw_only=True):
    """What the caller is writing. Without a text there is no draft any more."""

    reply: str = ""
    note: str = ""
    visibility: Visibility = Visibility.PUBLIC
    reply_to: EntityId | None = None
    base: Annotated[Timestamp | None, _BASE] | UnsetType = UNSET


async def list_page(call: Call) -> Reply:
    query: DraftList = call.query
    after = read_cursor(query.cursor, EntityId) or ""
    records, following = await call.service(DraftService).page(call.actor, after, query.limit)
    return Reply(Page(records, None if following is None else write_cursor(following)))


async def get(call: Call) -> Reply:
    return Reply(await call.service(DraftService).get(call.actor, call.path["conversation_id"]))


async def save(call: Call) -> Reply:
    body: DraftSave = call.body
    draft = DraftText(
        reply=body.reply, note=body.note, visibility=body.visibility, reply_to=body.reply_to
    )
    service = call.service(DraftService)
    return Reply(await service.save(call.actor, call.path["conversation_id"], draft, body.base))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="list_drafts",
        method="GET",
        path="/drafts",
        permission=DRAFTS_WRITE,
        handler=list_page,
        summary="List the caller's own drafts",
        query=DraftList,
        returns={200: Page[DraftRecord]},
        errors=(InvalidCursorError,),
        by_person=True,
    ),
    Endpoint(
        operation="get_draft",
        method="GET",
        path="/conversations/{conversation_id}/draft",
        permission=DRAFTS_WRITE,
        handler=get,
        summary="Get the caller's own draft in a conversation",
        returns={200: DraftRecord},
        errors=(NotFoundError,),
        by_person=True,
    ),
    Endpoint(
        operation="save_draft",
        method="PUT",
        path="/conversations/{conversation_id}/draft",
        permission=DRAFTS_WRITE,
        handler=save,
        summary="Store the caller's own draft in a conversation; empty texts delete it",
        body=DraftSave,
        returns={200: DraftRecord},
        errors=(
            NotFoundError,
            BodyTooLongError,
            InvalidTextError,
            DraftStaleError,
            TooManyDraftsError,
        ),
        cost=Cost.WRITE,
        by_person=True,
    ),
)
