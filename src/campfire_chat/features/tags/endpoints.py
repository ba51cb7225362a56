"""The endpoints of tags."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from campfire_chat.core.errors import (
    ClientIdConflictError,
    InvalidCursorError,
    InvalidTextError,
    NotFoundError,
)
from campfire_chat.features.tags import rules
from campfire_chat.features.tags.errors import (
    InvalidTagError,
    TagNameTakenError,
    TooManyTagsError,
)
from campfire_chat.features.tags.operations import Changes, Draft
from campfire_chat.features.tags.permissions import TAGS_CREATE, TAGS_READ, TAGS_WRITE
from campfire_chat.features.tags.records import ListedTag, TagColor, TagRecord
from campfire_chat.features.tags.service import TagService
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

_Part = Annotated[str, Meta(max_length=rules.MOST_NAME, description="A part of the name")]
#: A folded name may be longer than the name.
_Folded = Annotated[str, Meta(max_length=1_000)]


class TagList(Struct, frozen=True, kw_only=True):
    search: _Part = ""
    cursor: Cursor | None = None
    limit: Limit = DEFAULT_LIMIT


class NewTag(Struct, frozen=True, kw_only=True):
    """A tag to create.

    Attributes:
        name: One line of 1 to 40 characters.
        description: At most 200 characters.
    """

    name: str
    color: TagColor = TagColor.GRAY
    description: str = ""


class TagChanges(Struct, frozen=True, kw_only=True):
    """What is to change. What is left out stays."""

    name: str | UnsetType = UNSET
    color: TagColor | UnsetType = UNSET
    description: str | UnsetType = UNSET


class TagMerge(Struct, frozen=True, kw_only=True):
    """``into``: the id of the tag that stays."""

    into: EntityId


async def list_page(call: Call) -> Reply:
    query: TagList = call.query
    after = read_cursor(query.cursor, tuple[_Folded, EntityId])
    records, following = await call.service(TagService).page(
        call.actor, query.search, after, query.limit
    )
    return Reply(Page(records, None if following is None else write_cursor(following)))


async def create(call: Call) -> Reply:
    body: NewTag = call.body
    draft = Draft(
        name=rules.check_name(body.name),
        color=body.color,
        description=rules.check_description(body.description),
    )
    service = call.service(TagService)
    return Reply(await service.create(call.actor, draft, client_id=call.idempotency_key), 201)


async def get(call: Call) -> Reply:
    return Reply(await call.service(TagService).get(call.actor, call.path["tag_id"]))


async def change(call: Call) -> Reply:
    body: TagChanges = call.body
    changes = Changes(
        name=UNSET if body.name is UNSET else rules.check_name(body.name),
        color=body.color,
        description=(
            UNSET if body.description is UNSET else rules.check_description(body.description)
        ),
    )
    return Reply(await call.service(TagService).change(call.actor, call.path["tag_id"], changes))


async def merge(call: Call) -> Reply:
    body: TagMerge = call.body
    return Reply(
        await call.service(TagService).merge(
            call.actor, call.path["tag_id"], body.into, client_id=call.idempotency_key
        )
    )


async def delete(call: Call) -> Reply:
    return Reply(await call.service(TagService).delete(call.actor, call.path["tag_id"]))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="list_tags",
        method="GET",
        path="/tags",
        permission=TAGS_READ,
        handler=list_page,
        summary="List the tags, and how many conversations have each",
        query=TagList,
        returns={200: Page[ListedTag]},
        errors=(InvalidCursorError, InvalidTextError),
    ),
    Endpoint(
        operation="create_tag",
        method="POST",
        path="/tags",
        permission=TAGS_CREATE,
        handler=create,
        summary="Create a tag",
        body=NewTag,
        returns={201: TagRecord},
        errors=(
            InvalidTagError,
            InvalidTextError,
            TagNameTakenError,
            TooManyTagsError,
            ClientIdConflictError,
            NotFoundError,
        ),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="get_tag",
        method="GET",
        path="/tags/{tag_id}",
        permission=TAGS_READ,
        handler=get,
        summary="Get a tag",
        returns={200: TagRecord},
        errors=(NotFoundError,),
    ),
    Endpoint(
        operation="change_tag",
        method="PATCH",
        path="/tags/{tag_id}",
        permission=TAGS_WRITE,
        handler=change,
        summary="Rename, describe or colour a tag",
        body=TagChanges,
        returns={200: TagRecord},
        errors=(NotFoundError, InvalidTagError, InvalidTextError, TagNameTakenError),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="merge_tag",
        method="POST",
        path="/tags/{tag_id}/merge",
        permission=TAGS_WRITE,
        handler=merge,
        summary="Merge a tag into another one",
        body=TagMerge,
        returns={200: TagRecord},
        errors=(NotFoundError, ClientIdConflictError),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="delete_tag",
        method="DELETE",
        path="/tags/{tag_id}",
        permission=TAGS_WRITE,
        handler=delete,
        summary="Delete a tag, and take it from all conversations",
        returns={200: TagRecord},
        errors=(NotFoundError,),
        cost=Cost.WRITE,
    ),
)
