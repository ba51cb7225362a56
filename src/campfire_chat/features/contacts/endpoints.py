"""The endpoints of contacts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from campfire_chat.access.actor import MAX_NAME, MAX_URL
from campfire_chat.access.records import Visitor
from campfire_chat.core import text
from campfire_chat.core.attributes import MOST_ATTRIBUTES
from campfire_chat.core.decoding import moment
from campfire_chat.core.errors import InvalidCursorError, InvalidTextError, NotFoundError
from campfire_chat.features.contacts import rules
from campfire_chat.features.contacts.errors import InvalidAttributeError
from campfire_chat.features.contacts.listing import Filter
from campfire_chat.features.contacts.permissions import (
    CONTACTS_BLOCK,
    CONTACTS_EDIT,
    CONTACTS_READ,
    CONTACTS_WRITE,
)
from campfire_chat.features.contacts.records import AttributeRecord, ContactRecord
from campfire_chat.features.contacts.rules import Order
from campfire_chat.features.contacts.service import ContactService
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

#: Values of attributes, by their keys. Null takes one away, and what is left out stays.
Attributes = Annotated[
    dict[str, str | float | bool | None],
    Meta(max_length=MOST_ATTRIBUTES, description="New values by the keys; null takes one away"),
]


class ContactPut(Struct, frozen=True, kw_only=True):
    """A user of the host app, as the host app describes them. What is left out is null, but for
    attributes: those that are left out stay."""

    name: Annotated[str, Meta(max_length=MAX_NAME)] | None = None
    email: Annotated[str, Meta(max_length=MAX_NAME)] | None = None
    avatar_url: Annotated[str, Meta(max_length=MAX_URL)] | None = None
    attributes: Attributes = {}


class ContactChanges(Struct, frozen=True, kw_only=True):
    """What is to change. What is left out stays."""

    attributes: Attributes = {}


#: Where a page of contacts ends: the order, by what it sorts there, and the id. Which order it
#: belongs to is part of it, so that no cursor is taken for another list's.
_Sorted = Annotated[str, Meta(max_length=rules.MOST_SORTED, pattern=r"^[^\x00]*$")]
_Place = tuple[Order, Seq | _Sorted, EntityId]


class ContactList(Struct, frozen=True, kw_only=True):
    """What is left out is no condition."""

    search: Annotated[str, Meta(max_length=200, description="Beginnings of words")] = ""
    verified: bool | None = None
    blocked: bool | None = None
    seen_since: str | None = None
    created_since: str | None = None
    attributes: Annotated[
        str,
        Meta(
            max_length=1000,
            description='JSON, such as `{"plan": "pro", "seats": {"from": 5, "to": 20}}`',
        ),
    ] = ""
    order: Order = "last_seen"
    cursor: Cursor | None = None
    limit: Limit = DEFAULT_LIMIT


async def list_page(call: Call) -> Reply:
    query: ContactList = call.query
    text.check_text(query.search, field="search")
    wanted = Filter(
        words=tuple(rules.sought(query.search)[: rules.MOST_SOUGHT]),
        verified=query.verified,
        blocked=query.blocked,
        seen_since=moment(query.seen_since, field="seen_since"),
        created_since=moment(query.created_since, field="created_since"),
    )
    service = call.service(ContactService)
    wanted = msgspec.structs.replace(
        wanted, values=await service.spans(call.actor, _conditions(query.attributes))
    )
    place = read_cursor(query.cursor, _Place)
    if place is not None and (place[0] != query.order or _is_odd(query.order, place[1])):
        raise InvalidCursorError(field="cursor")
    records, following = await service.page(
        call.actor,
        wanted,
        order=query.order,
        after=None if place is None else (place[1], place[2]),
        limit=query.limit,
    )
    cursor = None if following is None else write_cursor((query.order, *following))
    return Reply(Page(records, cursor))


def _conditions(attributes: str) -> dict[str, Any]:
    """
    Raises:
        InvalidAttributeError: It is no JSON object.
    """
    try:
        found: dict[str, Any] = msgspec.json.decode(attributes or "{}", type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        raise InvalidAttributeError(
            'This has to be a JSON object such as {"plan": "pro"}.', field="attributes"
        ) from None
    return found


def _is_odd(order: Order, at: int | str) -> bool:
    """Whether a list is not sorted by such values."""
    return isinstance(at, str) != (order == "name")


async def get(call: Call) -> Reply:
    return Reply(await call.service(ContactService).get(call.actor, call.path["contact"]))


async def put(call: Call) -> Reply:
    body: ContactPut = call.body
    visitor = Visitor(
        id=call.path["contact"],
        name=body.name,
        email=body.email,
        avatar_url=body.avatar_url,
        organization=call.actor.organization,
    )
    service = call.service(ContactService)
    return Reply(await service.put(call.actor, visitor, body.attributes))


async def edit(call: Call) -> Reply:
    service = call.service(ContactService)
    return Reply(await service.edit(call.actor, call.path["contact"], call.body.attributes))


def _block(blocked: bool) -> Callable[[Call], Awaitable[Reply]]:
    async def handler(call: Call) -> Reply:
        service = call.service(ContactService)
        return Reply(await service.block(call.actor, call.path["contact"], blocked=blocked))

    return handler


async def list_attributes(call: Call) -> Reply:
    return Reply(Page(await call.service(ContactService).known_attributes(call.actor)))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="list_contacts",
        method="GET",
        path="/contacts",
        permission=CONTACTS_READ,
        handler=list_page,
        summary="List or search contacts: by name, e-mail address or the host app's id",
        query=ContactList,
        returns={200: Page[ContactRecord]},
        errors=(InvalidCursorError, InvalidTextError, InvalidAttributeError),
    ),
    Endpoint(
        operation="get_contact",
        method="GET",
        path="/contacts/{contact}",
        permission=CONTACTS_READ,
        handler=get,
        summary="Get a contact, by its id or by the host app's id of the user",
        returns={200: ContactRecord},
        errors=(NotFoundError,),
    ),
    Endpoint(
        operation="put_contact",
        method="PUT",
        path="/contacts/{contact}",
        permission=CONTACTS_WRITE,
        handler=put,
        summary="Store a user of the host app as a contact, by the host app's id",
        body=ContactPut,
        returns={200: ContactRecord},
        errors=(InvalidAttributeError,),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="change_contact",
        method="PATCH",
        path="/contacts/{contact}",
        permission=CONTACTS_EDIT,
        handler=edit,
        summary="Change the attributes of a contact",
        body=ContactChanges,
        returns={200: ContactRecord},
        errors=(NotFoundError, InvalidAttributeError),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="block_contact",
        method="POST",
        path="/contacts/{contact}/block",
        permission=CONTACTS_BLOCK,
        handler=_block(True),
        summary="Block a contact: they can write nothing any more",
        returns={200: ContactRecord},
        errors=(NotFoundError,),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="unblock_contact",
        method="POST",
        path="/contacts/{contact}/unblock",
        permission=CONTACTS_BLOCK,
        handler=_block(False),
        summary="Let a contact write again",
        returns={200: ContactRecord},
        errors=(NotFoundError,),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="list_contact_attributes",
        method="GET",
        path="/contact-attributes",
        permission=CONTACTS_READ,
        handler=list_attributes,
        summary="List the attributes that contacts may have, in their order",
        returns={200: Page[AttributeRecord]},
    ),
)
