"""The endpoints of what one contact has had with the organisation."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.core.errors import InvalidCursorError, NotFoundError
from campfire_chat.features.contacts.permissions import CONTACTS_READ
from campfire_chat.features.conversations.records import AgentConversation, TimelineEntry
from campfire_chat.features.conversations.service import ConversationService
from campfire_chat.http.endpoints import Call, Endpoint, Reply
from campfire_chat.http.pagination import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Page,
    read_cursor,
    write_cursor,
)
from campfire_chat.realtime.frames import EntityId, Seq

_Place = tuple[Seq, EntityId]


class ContactPage(Struct, frozen=True, kw_only=True):
    cursor: Cursor | None = None
    limit: Limit = DEFAULT_LIMIT


async def conversations(call: Call) -> Reply:
    query: ContactPage = call.query
    before = read_cursor(query.cursor, _Place)
    service = call.service(ConversationService)
    views, following = await service.of_contact(
        call.actor, call.path["contact"], before, query.limit
    )
    return Reply(Page(views, None if following is None else write_cursor(following)))


async def timeline(call: Call) -> Reply:
    query: ContactPage = call.query
    before = read_cursor(query.cursor, _Place)
    service = call.service(ConversationService)
    entries, following = await service.timeline(
        call.actor, call.path["contact"], before, query.limit
    )
    return Reply(Page(entries, None if following is None else write_cursor(following)))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="list_contact_conversations",
        method="GET",
        path="/contacts/{contact}/conversations",
        permission=CONTACTS_READ,
        handler=conversations,
        summary="List the conversations of a contact, the latest activity first",
        query=ContactPage,
        returns={200: Page[AgentConversation]},
        errors=(NotFoundError, InvalidCursorError),
    ),
    Endpoint(
        operation="list_contact_timeline",
        method="GET",
        path="/contacts/{contact}/timeline",
        permission=CONTACTS_READ,
        handler=timeline,
        summary="Read what happened to a contact, the latest first",
        query=ContactPage,
        returns={200: Page[TimelineEntry]},
        errors=(NotFoundError, InvalidCursorError),
    ),
)
