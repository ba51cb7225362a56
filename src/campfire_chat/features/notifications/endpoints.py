"""The endpoints of notifications."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from campfire_chat.core.decoding import moment
from campfire_chat.core.errors import InvalidCursorError
from campfire_chat.core.scalars import Timestamp
from campfire_chat.features.notifications.permissions import NOTIFICATIONS_READ
from campfire_chat.features.notifications.records import Notification, NotificationCount
from campfire_chat.features.notifications.service import NotificationService
from campfire_chat.http.endpoints import Call, Cost, Endpoint, Reply
from campfire_chat.http.pagination import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Page,
    read_cursor,
    write_cursor,
)
from campfire_chat.realtime.frames import EntityId, Seq

#: Where a page ends: a time, and the id of a notification.
_Place = tuple[Seq, Annotated[str, Meta(max_length=64)]]

_UNREAD = Meta(description="Only those that are not read.")
_CONVERSATION = Meta(description="Only those of this conversation.")
_UNTIL = Meta(description="Only those that are not newer, such as the newest one on the screen.")


class NotificationList(Struct, frozen=True, kw_only=True):
    unread: Annotated[bool, _UNREAD] = False
    cursor: Cursor | None = None
    limit: Limit = DEFAULT_LIMIT


class NotificationsToRead(Struct, frozen=True, kw_only=True):
    """Which of the caller's notifications are read. Without a field: all of them."""

    conversation_id: Annotated[EntityId | None, _CONVERSATION] = None
    until: Annotated[Timestamp | None, _UNTIL] = None


async def list_page(call: Call) -> Reply:
    query: NotificationList = call.query
    records, following = await call.service(NotificationService).page(
        call.actor,
        unread=query.unread,
        before=read_cursor(query.cursor, _Place),
        limit=query.limit,
    )
    return Reply(Page(records, None if following is None else write_cursor(following)))


async def count(call: Call) -> Reply:
    return Reply(await call.service(NotificationService).count(call.actor))


async def mark_read(call: Call) -> Reply:
    body: NotificationsToRead = call.body
    return Reply(
        await call.service(NotificationService).mark_read(
            call.actor,
            conversation_id=body.conversation_id,
            until=moment(body.until, field="until"),
        )
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="list_notifications",
        method="GET",
        path="/notifications",
        permission=NOTIFICATIONS_READ,
        handler=list_page,
        summary="List what the caller is told of, the newest first",
        query=NotificationList,
        returns={200: Page[Notification]},
        errors=(InvalidCursorError,),
        by_person=True,
    ),
    Endpoint(
        operation="count_notifications",
        method="GET",
        path="/notifications/count",
        permission=NOTIFICATIONS_READ,
        handler=count,
        summary="Count the caller's unread notifications",
        returns={200: NotificationCount},
        by_person=True,
    ),
    Endpoint(
        operation="read_notifications",
        method="POST",
        path="/notifications/read",
        permission=NOTIFICATIONS_READ,
        handler=mark_read,
        summary="Mark notifications of the caller as read",
        body=NotificationsToRead,
        returns={200: NotificationCount},
        cost=Cost.WRITE,
        by_person=True,
    ),
)
