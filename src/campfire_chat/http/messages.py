"""The endpoints of messages: send, read, edit and delete."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.http.conversations import client_id_of
from campfire_chat.http.endpoints import Call, Reply
from campfire_chat.http.pages import DEFAULT_LIMIT, Cursor, Limit, Page, read_cursor, write_cursor
from campfire_chat.models import Visibility
from campfire_chat.realtime.frames import EntityId, RequestId, Seq
from campfire_chat.storage.messages import Bounds


class MessageCreate(Struct, frozen=True, kw_only=True):
    """With the ``visibility`` internal it is a private note, for agents."""

    body: str
    client_id: RequestId | None = None
    visibility: Visibility = Visibility.PUBLIC
    reply_to: EntityId | None = None


class MessageEdit(Struct, frozen=True, kw_only=True):
    body: str


class MessageList(Struct, frozen=True, kw_only=True):
    cursor: Cursor | None = None
    limit: Limit = DEFAULT_LIMIT


class VersionList(Struct, frozen=True, kw_only=True):
    cursor: Cursor | None = None
    limit: Limit = DEFAULT_LIMIT


async def list_versions(call: Call) -> Reply:
    query: VersionList = call.query
    records, following = await call.store.message_versions(
        call.scope,
        call.path["message_id"],
        read_cursor(query.cursor, Seq) or 0,
        query.limit,
    )
    return Reply(Page(records, None if following is None else write_cursor(following)))


async def list_page(call: Call) -> Reply:
    query: MessageList = call.query
    records, following = await call.store.message_page(
        call.scope,
        call.path["conversation_id"],
        read_cursor(query.cursor, Bounds),
        query.limit,
    )
    return Reply(Page(records, None if following is None else write_cursor(following)))


async def create(call: Call) -> Reply:
    body: MessageCreate = call.body
    await call.store.admit_writer(call.scope, call.path["conversation_id"])
    call.scope.require_writer_of(body.visibility)
    sent = await call.store.send(
        call.scope,
        call.path["conversation_id"],
        client_id=client_id_of(call, body.client_id),
        body=body.body,
        visibility=body.visibility,
        reply_to=body.reply_to,
    )
    record = await call.store.message(call.scope, sent.message_id)
    return Reply(record, status=200 if sent.duplicate else 201)


async def edit(call: Call) -> Reply:
    body: MessageEdit = call.body
    return Reply(
        await call.store.edit_message(
            call.scope, call.path["message_id"], body.body, client_id=call.idempotency_key
        )
    )


async def delete(call: Call) -> Reply:
    return Reply(
        await call.store.delete_message(
            call.scope, call.path["message_id"], client_id=call.idempotency_key
        )
    )
