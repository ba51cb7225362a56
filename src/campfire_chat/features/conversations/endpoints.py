"""The endpoints of conversations: open, list, read, change, receipts."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from campfire_chat.access.policy import require
from campfire_chat.core import text
from campfire_chat.core.decoding import moment
from campfire_chat.core.errors import (
    ClientIdConflictError,
    InvalidCursorError,
    InvalidError,
    InvalidTextError,
    NotFoundError,
)
from campfire_chat.features.contacts.errors import ContactBlockedError
from campfire_chat.features.conversations import numbers
from campfire_chat.features.conversations.errors import (
    ImpossibleTransitionError,
    SnoozeInPastError,
)
from campfire_chat.features.conversations.listing import ANYONE, Order, Tallies
from campfire_chat.features.conversations.permissions import (
    CONVERSATIONS_CREATE,
    CONVERSATIONS_MANAGE,
    CONVERSATIONS_READ,
    CONVERSATIONS_RESTRICT,
)
from campfire_chat.features.conversations.records import (
    AgentConversation,
    Priority,
    Status,
    VisitorConversation,
)
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.features.conversations.service import ConversationService
from campfire_chat.features.messages.errors import TEXT_ERRORS
from campfire_chat.features.tags.errors import TagNameTakenError, TooManyTagsError
from campfire_chat.features.tags.rules import MOST_NAME
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
from campfire_chat.ledger.streams import INBOX_READ
from campfire_chat.realtime.frames import EntityId, RequestId, Seq

AgentId = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f]+$")]
#: Where a page of conversations ends: the time that the list is sorted by and the id of its last
#: row. Which order it belongs to is part of it, so that no cursor is taken for another list's.
Place = tuple[Order, Seq, EntityId]


class FirstMessage(Struct, frozen=True, kw_only=True):
    body: str
    client_id: RequestId | None = None


class ConversationCreate(Struct, frozen=True, kw_only=True):
    """``contact_id`` is for agents: the contact to whom they write."""

    message: FirstMessage
    subject: str | None = None
    contact_id: EntityId | None = None


class ConversationChange(Struct, frozen=True, kw_only=True):
    """A field that is left out stays as it is. Null clears a field."""

    status: Status | UnsetType = UNSET
    snoozed_until: str | UnsetType | None = UNSET
    priority: Priority | UnsetType | None = UNSET
    assignee_id: AgentId | UnsetType | None = UNSET
    team_id: EntityId | UnsetType | None = UNSET
    tags: list[str] | UnsetType = UNSET
    subject: str | UnsetType | None = UNSET
    access_labels: list[str] | UnsetType = UNSET


_Team = Annotated[EntityId | None, Meta(description="a team's id; needs inbox.read")]


class ConversationCounts(Struct, frozen=True, kw_only=True):
    team: _Team = None


class ConversationList(Struct, frozen=True, kw_only=True):
    status: Literal["open", "pending", "snoozed", "resolved"] | None = None
    assignee: (
        Annotated[
            str,
            Meta(max_length=128, description="me, unassigned, or an agent's id; needs inbox.read"),
        ]
        | None
    ) = None
    tag: (
        Annotated[
            str,
            Meta(max_length=MOST_NAME, description="the name of a tag; needs inbox.read"),
        ]
        | None
    ) = None
    team: _Team = None
    number: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=numbers.MOST,
                description="the only one with this number; no other filter goes with it; "
                "needs inbox.read",
            ),
        ]
        | None
    ) = None
    order: Annotated[Order, Meta(description="longest_waiting needs inbox.read")] = "latest"
    cursor: Cursor | None = None
    limit: Limit = DEFAULT_LIMIT


class Take(Struct, frozen=True, kw_only=True):
    """``client_id``: repeated with the same one, it answers with the same conversation."""

    client_id: RequestId | None = None


class Taken(Struct, frozen=True):
    """``conversation`` is null when nobody waits."""

    conversation: AgentConversation | None


async def create(call: Call) -> Reply:
    body: ConversationCreate = call.body
    record, duplicate = await call.service(ConversationService).open(
        call.actor,
        client_id=client_id_of(call, body.message.client_id),
        body=body.message.body,
        subject=body.subject,
        contact_id=body.contact_id,
    )
    return Reply(record, status=200 if duplicate else 201)


async def list_page(call: Call) -> Reply:
    query: ConversationList = call.query
    if query.number is not None:
        return await _numbered(call, query, query.number)
    assignee: str | object | None = ANYONE
    if query.assignee is not None:
        require(call.actor, INBOX_READ)
        assignee = {"me": call.actor.principal.id, "unassigned": None}.get(
            query.assignee, query.assignee
        )
    if query.order != "latest" or query.tag is not None or query.team is not None:
        require(call.actor, INBOX_READ)
    if query.tag is not None:
        text.check_text(query.tag, field="tag")
    before: Place | None = read_cursor(query.cursor, Place)
    if before is not None and before[0] != query.order:
        raise InvalidCursorError(field="cursor")
    records, following = await call.service(ConversationService).page(
        call.actor,
        statuses=[Status(query.status)] if query.status else list(Status),
        assignee_id=assignee,
        tag=query.tag,
        team_id=query.team,
        order=query.order,
        before=None if before is None else before[1:],
        limit=query.limit,
    )
    return Reply(
        Page(records, None if following is None else write_cursor((query.order, *following)))
    )


async def _numbered(call: Call, query: ConversationList, number: int) -> Reply:
    """
    Raises:
        InvalidError: Something else narrows or sorts the list as well.
    """
    alone = ConversationList(number=number, limit=query.limit)
    if query != alone:
        raise InvalidError("number is allowed only without other filters.", field="number")
    return Reply(Page(await call.service(ConversationService).numbered(call.actor, number)))


async def counts(call: Call) -> Reply:
    query: ConversationCounts = call.query
    service = call.service(ConversationService)
    return Reply(await service.counts(call.actor, team_id=query.team))


async def take(call: Call) -> Reply:
    body: Take = call.body
    given, key = body.client_id, call.idempotency_key
    client_id = None if given is None and key is None else client_id_of(call, given)
    taken = await call.service(ConversationService).take(call.actor, client_id=client_id)
    return Reply({"conversation": taken})


async def get(call: Call) -> Reply:
    return Reply(
        await call.service(ConversationService).get(call.actor, call.path["conversation_id"])
    )


async def change(call: Call) -> Reply:
    body: ConversationChange = call.body
    record = await call.service(ConversationService).change(
        call.actor,
        call.path["conversation_id"],
        Patch(
            status=body.status,
            snoozed_until=moment(body.snoozed_until, field="snoozed_until"),
            priority=body.priority,
            tags=body.tags,
            subject=body.subject,
            access_labels=body.access_labels,
        ),
        body.assignee_id,
        team_id=body.team_id,
        client_id=call.idempotency_key,
    )
    return Reply(record)


#: Agents get the first type, visitors the second.
_Conversation = (AgentConversation, VisitorConversation)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="create_conversation",
        method="POST",
        path="/conversations",
        permission=CONVERSATIONS_CREATE,
        handler=create,
        summary="Begin a conversation with its first message",
        body=ConversationCreate,
        returns={201: _Conversation, 200: _Conversation},
        errors=(*TEXT_ERRORS, ClientIdConflictError, ContactBlockedError, *REVIEW_ERRORS),
        cost=Cost.OPEN,
        by_person=True,
    ),
    Endpoint(
        operation="list_conversations",
        method="GET",
        path="/conversations",
        permission=CONVERSATIONS_READ,
        handler=list_page,
        summary="List conversations, newest activity or longest wait first",
        query=ConversationList,
        returns={200: (Page[AgentConversation], Page[VisitorConversation])},
        errors=(InvalidCursorError, InvalidTextError),
    ),
    Endpoint(
        operation="count_conversations",
        method="GET",
        path="/conversations/counts",
        permission=INBOX_READ,
        handler=counts,
        summary="Count the open conversations: the caller's, unassigned ones and all",
        query=ConversationCounts,
        returns={200: Tallies},
    ),
    Endpoint(
        operation="take_conversation",
        method="POST",
        path="/conversations/take",
        permission=CONVERSATIONS_MANAGE,
        handler=take,
        summary="Assign the conversation whose visitor waits longest to the caller",
        body=Take,
        body_optional=True,
        returns={200: Taken},
        errors=(ClientIdConflictError,),
        cost=Cost.WRITE,
        by_person=True,
    ),
    Endpoint(
        operation="get_conversation",
        method="GET",
        path="/conversations/{conversation_id}",
        permission=CONVERSATIONS_READ,
        handler=get,
        summary="Get a conversation",
        returns={200: _Conversation},
        errors=(NotFoundError,),
    ),
    Endpoint(
        operation="change_conversation",
        method="PATCH",
        path="/conversations/{conversation_id}",
        permission=(CONVERSATIONS_MANAGE, CONVERSATIONS_RESTRICT),
        handler=change,
        summary="Change status, assignee, team, priority, tags, subject or access labels",
        body=ConversationChange,
        returns={200: _Conversation},
        errors=(
            NotFoundError,
            ClientIdConflictError,
            InvalidTextError,
            TagNameTakenError,
            TooManyTagsError,
            ImpossibleTransitionError,
            SnoozeInPastError,
        ),
        cost=Cost.WRITE,
    ),
)
