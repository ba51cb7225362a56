"""The endpoints of contacts."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from campfire_chat.access.actor import MAX_NAME, MAX_URL
from campfire_chat.access.records import Visitor
from campfire_chat.core.errors import NotFoundError
from campfire_chat.features.contacts.permissions import CONTACTS_READ, CONTACTS_WRITE
from campfire_chat.features.contacts.records import Contact
from campfire_chat.features.contacts.service import ContactService
from campfire_chat.http.endpoints import Call, Cost, Endpoint, Reply


class ContactPut(Struct, frozen=True, kw_only=True):
    """A user of the host app, as the host app describes them. What is left out is null."""

    name: Annotated[str, Meta(max_length=MAX_NAME)] | None = None
    email: Annotated[str, Meta(max_length=MAX_NAME)] | None = None
    avatar_url: Annotated[str, Meta(max_length=MAX_URL)] | None = None


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
    return Reply(await call.service(ContactService).put(call.actor, visitor))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="get_contact",
        method="GET",
        path="/contacts/{contact}",
        permission=CONTACTS_READ,
        handler=get,
        summary="Get a contact, by its id or by the host app's id of the user",
        returns={200: Contact},
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
        returns={200: Contact},
        cost=Cost.WRITE,
    ),
)
