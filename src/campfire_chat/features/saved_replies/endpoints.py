"""The endpoints of saved replies."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from campfire_chat.core.errors import InvalidCursorError, InvalidTextError, NotFoundError
from campfire_chat.features.saved_replies import rules
from campfire_chat.features.saved_replies.errors import (
    InvalidSavedReplyError,
    ShortcutTakenError,
    TooManySavedRepliesError,
)
from campfire_chat.features.saved_replies.operations import Changes, Draft
from campfire_chat.features.saved_replies.permissions import (
    SAVED_REPLIES_EDIT,
    SAVED_REPLIES_READ,
)
from campfire_chat.features.saved_replies.records import SavedReplyRecord
from campfire_chat.features.saved_replies.service import SavedReplyService
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

_Words = Annotated[str, Meta(max_length=200, description="Words of which each begins a word")]
_Shortcut = Annotated[str, Meta(max_length=rules.MOST_SHORTCUT)]
_SHARED = Meta(description="Whether all agents see it; otherwise only the caller does")


class SavedReplyList(Struct, frozen=True, kw_only=True):
    search: _Words = ""
    cursor: Cursor | None = None
    limit: Limit = DEFAULT_LIMIT


class NewSavedReply(Struct, frozen=True, kw_only=True):
    """A saved reply to create.

    Attributes:
        shortcut: 1 to 40 letters, digits, hyphens, dots or underscores.
        title: One line of 1 to 120 characters.
        body: 1 to 5,000 characters.
    """

    shortcut: str
    title: str
    body: str
    shared: Annotated[bool, _SHARED] = False


class SavedReplyChanges(Struct, frozen=True, kw_only=True):
    """What is to change. What is left out stays."""

    shortcut: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    body: str | UnsetType = UNSET
    shared: Annotated[bool, _SHARED] | UnsetType = UNSET


async def list_page(call: Call) -> Reply:
    query: SavedReplyList = call.query
    after = read_cursor(query.cursor, tuple[_Shortcut, EntityId])
    service = call.service(SavedReplyService)
    records, following = await service.page(call.actor, query.search, after, query.limit)
    return Reply(Page(records, None if following is None else write_cursor(following)))


async def create(call: Call) -> Reply:
    body: NewSavedReply = call.body
    draft = Draft(
        shortcut=rules.check_shortcut(body.shortcut),
        title=rules.check_title(body.title),
        body=rules.check_body(body.body),
        shared=body.shared,
    )
    return Reply(await call.service(SavedReplyService).create(call.actor, draft), 201)


async def get(call: Call) -> Reply:
    service = call.service(SavedReplyService)
    return Reply(await service.get(call.actor, call.path["saved_reply_id"]))


async def change(call: Call) -> Reply:
    body: SavedReplyChanges = call.body
    changes = Changes(
        shortcut=UNSET if body.shortcut is UNSET else rules.check_shortcut(body.shortcut),
        title=UNSET if body.title is UNSET else rules.check_title(body.title),
        body=UNSET if body.body is UNSET else rules.check_body(body.body),
        shared=body.shared,
    )
    service = call.service(SavedReplyService)
    return Reply(await service.change(call.actor, call.path["saved_reply_id"], changes))


async def delete(call: Call) -> Reply:
    service = call.service(SavedReplyService)
    return Reply(await service.delete(call.actor, call.path["saved_reply_id"]))


_WRITE_ERRORS = (
    InvalidSavedReplyError,
    InvalidTextError,
    ShortcutTakenError,
    TooManySavedRepliesError,
)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="list_saved_replies",
        method="GET",
        path="/saved-replies",
        permission=SAVED_REPLIES_READ,
        handler=list_page,
        summary="List or search the shared saved replies and the caller's own",
        query=SavedReplyList,
        returns={200: Page[SavedReplyRecord]},
        errors=(InvalidCursorError,),
    ),
    Endpoint(
        operation="create_saved_reply",
        method="POST",
        path="/saved-replies",
        permission=SAVED_REPLIES_EDIT,
        handler=create,
        summary="Create a saved reply",
        body=NewSavedReply,
        returns={201: SavedReplyRecord},
        errors=_WRITE_ERRORS,
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="get_saved_reply",
        method="GET",
        path="/saved-replies/{saved_reply_id}",
        permission=SAVED_REPLIES_READ,
        handler=get,
        summary="Get a saved reply",
        returns={200: SavedReplyRecord},
        errors=(NotFoundError,),
    ),
    Endpoint(
        operation="change_saved_reply",
        method="PATCH",
        path="/saved-replies/{saved_reply_id}",
        permission=SAVED_REPLIES_EDIT,
        handler=change,
        summary="Change a saved reply, share it, or make it one's own",
        body=SavedReplyChanges,
        returns={200: SavedReplyRecord},
        errors=(NotFoundError, *_WRITE_ERRORS),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="delete_saved_reply",
        method="DELETE",
        path="/saved-replies/{saved_reply_id}",
        permission=SAVED_REPLIES_EDIT,
        handler=delete,
        summary="Delete a saved reply",
        returns={200: SavedReplyRecord},
        errors=(NotFoundError,),
        cost=Cost.WRITE,
    ),
)
