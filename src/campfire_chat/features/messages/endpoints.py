"""The endpoints of messages: send, read, edit, redact and delete."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.access.policy import require
from campfire_chat.core.errors import (
    ClientIdConflictError,
    InvalidCursorError,
    InvalidTextError,
    NotFoundError,
)
from campfire_chat.features.contacts.errors import ContactBlockedError
from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ
from campfire_chat.features.conversations.service import ConversationService
from campfire_chat.features.messages.adding import WRITES
from campfire_chat.features.messages.errors import (
    TEXT_ERRORS,
    AnsweredSinceError,
    BodyTooLongError,
    MessageDeletedError,
    TextNotFoundError,
)
from campfire_chat.features.messages.permissions import (
    CONVERSATIONS_REPLY,
    MESSAGE_VERSIONS_READ,
    MESSAGES_DELETE,
    MESSAGES_REDACT,
    NOTES_WRITE,
)
from campfire_chat.features.messages.queries import Bounds
from campfire_chat.features.messages.records import Message, MessageVersion, Visibility
from campfire_chat.features.messages.service import MessageService
from campfire_chat.hooks.errors import REVIEW_ERRORS
from campfire_chat.http.endpoints import Call, Cost, Endpoint, Reply
from campfire_chat.http.idempotency import client_id_of
from campfire_chat.http.pagination import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Page,
    read_cursor,
    write_cursor,
)
from campfire_chat.realtime.frames import EntityId, RequestId, Seq


class MessageCreate(Struct, frozen=True, kw_only=True):
    """With the ``visibility`` internal it is a private note, for agents. ``seen`` is the last seq
    of the conversation's stream that the writer of a reply had seen; the reply is held if a
    colleague has answered since."""

    body: str
    client_id: RequestId | None = None
    visibility: Visibility = Visibility.PUBLIC
    reply_to: EntityId | None = None
    seen: Seq | None = None


class MessageEdit(Struct, frozen=True, kw_only=True):
    body: str


class MessageRedaction(Struct, frozen=True, kw_only=True):
    """``text`` is exactly what is to be removed, wherever it stands; null removes everything."""

    text: str | None = None


class MessageList(Struct, frozen=True, kw_only=True):
    cursor: Cursor | None = None
    limit: Limit = DEFAULT_LIMIT


class VersionList(Struct, frozen=True, kw_only=True):
    cursor: Cursor | None = None
    limit: Limit = DEFAULT_LIMIT


async def list_versions(call: Call) -> Reply:
    query: VersionList = call.query
    records, following = await call.service(MessageService).versions(
        call.actor,
        call.path["message_id"],
        read_cursor(query.cursor, Seq) or 0,
        query.limit,
    )
    return Reply(Page(records, None if following is None else write_cursor(following)))


async def list_page(call: Call) -> Reply:
    query: MessageList = call.query
    records, following = await call.service(MessageService).page(
        call.actor,
        call.path["conversation_id"],
        read_cursor(query.cursor, Bounds),
        query.limit,
    )
    return Reply(Page(records, None if following is None else write_cursor(following)))


async def get(call: Call) -> Reply:
    return Reply(await call.service(MessageService).get(call.actor, call.path["message_id"]))


async def create(call: Call) -> Reply:
    body: MessageCreate = call.body
    require(call.actor, WRITES[body.visibility])
    await call.service(ConversationService).admit_writer(call.actor, call.path["conversation_id"])
    sent = await call.service(MessageService).send(
        call.actor,
        call.path["conversation_id"],
        client_id=client_id_of(call, body.client_id),
        body=body.body,
        visibility=body.visibility,
        reply_to=body.reply_to,
        seen=body.seen,
    )
    record = await call.service(MessageService).get(call.actor, sent.message_id)
    return Reply(record, status=200 if sent.duplicate else 201)


async def edit(call: Call) -> Reply:
    body: MessageEdit = call.body
    return Reply(
        await call.service(MessageService).edit(
            call.actor, call.path["message_id"], body.body, client_id=call.idempotency_key
        )
    )


async def delete(call: Call) -> Reply:
    return Reply(
        await call.service(MessageService).delete(
            call.actor, call.path["message_id"], client_id=call.idempotency_key
        )
    )


async def redact(call: Call) -> Reply:
    body: MessageRedaction = call.body
    return Reply(
        await call.service(MessageService).redact(
            call.actor, call.path["message_id"], body.text, client_id=call.idempotency_key
        )
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="list_messages",
        method="GET",
        path="/conversations/{conversation_id}/messages",
        permission=CONVERSATIONS_READ,
        handler=list_page,
        summary="List messages, newest first; with notes for those who may read them",
        query=MessageList,
        returns={200: Page[Message]},
        errors=(NotFoundError, InvalidCursorError),
    ),
    Endpoint(
        operation="create_message",
        method="POST",
        path="/conversations/{conversation_id}/messages",
        permission=(CONVERSATIONS_REPLY, NOTES_WRITE),
        handler=create,
        summary="Send a message; 200 when it was already stored under that client id",
        body=MessageCreate,
        returns={201: Message, 200: Message},
        errors=(
            ContactBlockedError,
            *TEXT_ERRORS,
            NotFoundError,
            ClientIdConflictError,
            AnsweredSinceError,
            *REVIEW_ERRORS,
        ),
        cost=Cost.SEND,
        by_person=True,
    ),
    Endpoint(
        operation="get_message",
        method="GET",
        path="/messages/{message_id}",
        permission=CONVERSATIONS_READ,
        handler=get,
        summary="Read a message",
        returns={200: Message},
        errors=(NotFoundError,),
    ),
    Endpoint(
        operation="edit_message",
        method="PATCH",
        path="/messages/{message_id}",
        permission=(CONVERSATIONS_REPLY, NOTES_WRITE),
        handler=edit,
        summary="Edit an own message",
        body=MessageEdit,
        returns={200: Message},
        errors=(
            ContactBlockedError,
            *TEXT_ERRORS,
            NotFoundError,
            MessageDeletedError,
            ClientIdConflictError,
            *REVIEW_ERRORS,
        ),
        cost=Cost.WRITE,
        by_person=True,
    ),
    Endpoint(
        operation="list_message_versions",
        method="GET",
        path="/messages/{message_id}/versions",
        permission=MESSAGE_VERSIONS_READ,
        handler=list_versions,
        summary="What a message said before it was edited, the oldest text first",
        query=VersionList,
        returns={200: Page[MessageVersion]},
        errors=(NotFoundError, InvalidCursorError),
    ),
    Endpoint(
        operation="redact_message",
        method="POST",
        path="/messages/{message_id}/redact",
        permission=MESSAGES_REDACT,
        handler=redact,
        summary="Remove a text from a message and from what it said before, for good",
        body=MessageRedaction,
        returns={200: Message},
        errors=(
            NotFoundError,
            MessageDeletedError,
            TextNotFoundError,
            BodyTooLongError,
            InvalidTextError,
            ClientIdConflictError,
        ),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="delete_message",
        method="DELETE",
        path="/messages/{message_id}",
        permission=(CONVERSATIONS_REPLY, NOTES_WRITE, MESSAGES_DELETE),
        handler=delete,
        summary="Delete a message",
        returns={200: Message},
        errors=(ContactBlockedError, NotFoundError, ClientIdConflictError),
        cost=Cost.WRITE,
    ),
)
