"""Contacts, for the other features and for the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import structs

from campfire_chat.access.actor import Actor, actor_of_visitor
from campfire_chat.access.policy import require
from campfire_chat.access.records import Visitor
from campfire_chat.core import ids
from campfire_chat.core.errors import ConfigurationError, InvalidError, NotFoundError
from campfire_chat.feature import Service
from campfire_chat.features.contacts import blocking, listing, queries, rules
from campfire_chat.features.contacts.attributes import ContactAttributes, spans_of
from campfire_chat.features.contacts.blocking import BlockContact
from campfire_chat.features.contacts.listing import Filter, Place, Span
from campfire_chat.features.contacts.operations import EditContact, RememberContact
from campfire_chat.features.contacts.permissions import (
    CONTACTS_BLOCK,
    CONTACTS_EDIT,
    CONTACTS_READ,
    CONTACTS_WRITE,
)
from campfire_chat.features.contacts.records import AttributeRecord, ContactRecord
from campfire_chat.features.contacts.rules import NOTHING, Order
from campfire_chat.ledger.storage import Storage


class ContactService(Service):
    """See the module."""

    def __init__(self, storage: Storage, attributes: ContactAttributes) -> None:
        self._storage = storage
        #: What contacts may have, for other features too.
        self.attributes = attributes

    async def arrived(self, actor: Actor) -> None:
        if actor.is_visitor and actor.principal.external_id is not None:
            await self.refresh(actor)

    async def described(self, organization: str, external_id: str) -> Visitor:
        """A user of the host app as it described them last; only the id of one who never wrote.

        Raises:
            ConfigurationError: It is none that a visitor may have.
        """
        actor = actor_of_visitor(Visitor(id=external_id, organization=organization))
        about = actor.principal.id
        known = await self._storage.read(lambda session: queries.find(session, actor, about))
        return Visitor(
            id=external_id,
            name=known and known.name,
            email=known and known.email,
            avatar_url=known and known.avatar_url,
            organization=organization,
        )

    async def get(self, actor: Actor, contact: str) -> ContactRecord:
        """A contact by their id (``vis_…``) or by the host app's id of the user.

        Raises:
            ForbiddenError: The caller may not see contacts.
            NotFoundError: The organisation has no such contact, or the caller sees none of their
                conversations. An agent whom the host app narrows, or who does not see the inbox,
                sees contacts only with conversations that their own lists show.
        """
        require(actor, CONTACTS_READ)
        contact_id = id_of(actor.organization, contact)
        found = await self._storage.read(lambda session: queries.record(session, actor, contact_id))
        if found is None:
            raise NotFoundError("There is no such contact.")
        return found

    async def page(
        self, actor: Actor, wanted: Filter, *, order: Order, after: Place | None, limit: int
    ) -> tuple[list[ContactRecord], Place | None]:
        """A page of the contacts that the caller sees, and where the next one begins; see
        :mod:`~campfire_chat.features.contacts.listing`.

        Raises:
            ForbiddenError: The caller may not see contacts.
        """
        require(actor, CONTACTS_READ)
        return await self._storage.read(
            lambda session: listing.read_page(
                session, actor, wanted, order=order, after=after, limit=limit
            )
        )

    async def known_attributes(self, actor: Actor) -> list[AttributeRecord]:
        """The attributes that contacts of the caller's organisation may have.

        Raises:
            ForbiddenError: The caller may not see contacts.
        """
        require(actor, CONTACTS_READ)
        return await self.attributes.records(actor.organization)

    async def edit(
        self, actor: Actor, contact: str, attributes: Mapping[str, Any]
    ) -> ContactRecord:
        """Change attributes of a contact, given by their id or by the host app's id of the user.

        Args:
            attributes: The new values by their keys. None takes one away; what is not named stays.

        Raises:
            ForbiddenError: The caller may not change contacts.
            NotFoundError: As for :meth:`get`.
            InvalidAttributeError: A value is refused.
        """
        require(actor, CONTACTS_EDIT)
        found = await self.get(actor, contact)
        wanted = await self.attributes.checked(
            actor.organization, attributes, by_agent=actor.is_agent
        )
        return await self._storage.submit(EditContact(actor, found.id, wanted))

    async def block(self, actor: Actor, contact: str, *, blocked: bool) -> ContactRecord:
        """Block a contact, given by their id or by the host app's id of the user, or unblock them.
        Whoever is blocked can write nothing any more, with whatever token.

        Raises:
            ForbiddenError: The caller may not block contacts.
            NotFoundError: As for :meth:`get`.
        """
        require(actor, CONTACTS_BLOCK)
        found = await self.get(actor, contact)
        told = await self._storage.read(
            lambda session: blocking.latest(session, actor.organization, found.id)
        )
        return await self._storage.submit(
            BlockContact(actor, found.id, blocked=blocked, conversation_ids=told)
        )

    async def spans(self, actor: Actor, conditions: Mapping[str, Any]) -> tuple[Span, ...]:
        """Conditions on attributes, by their keys: a value, or ``{"from": …, "to": …}``, of which
        one may be missing.

        Raises:
            ForbiddenError: The caller may not see contacts.
            InvalidAttributeError: There is no such attribute, or it cannot have that value.
        """
        require(actor, CONTACTS_READ)
        if not conditions:
            return ()
        return spans_of(await self.attributes.of(actor.organization), conditions)

    async def put(
        self, actor: Actor, visitor: Visitor, attributes: Mapping[str, Any] = NOTHING
    ) -> ContactRecord:
        """Store a user of the host app as a contact, who need not have been here yet. Once the
        host app names them as a visitor, they find what was written to them.

        Args:
            attributes: As for :meth:`edit`.

        Raises:
            ForbiddenError: The caller may not store contacts.
            InvalidError: A value is none that a visitor may have.
            InvalidAttributeError: The value of an attribute is refused.
        """
        require(actor, CONTACTS_WRITE)
        if is_own(visitor.id):
            raise InvalidError("This is an id of campfire-chat, not one of the host app.")
        try:
            described = actor_of_visitor(visitor)
        except ConfigurationError as error:
            raise InvalidError(error.message) from None
        wanted = await self.attributes.checked(actor.organization, attributes, by_agent=False)
        stored = await self._storage.submit(RememberContact(actor, described, wanted))
        return await self._storage.read(
            lambda session: queries.stored(session, actor.organization, stored.id)
        )

    async def refresh(self, actor: Actor) -> None:
        """Store a visitor as the host app describes them now, if they have written before."""
        about = actor.principal.id
        said = await self.attributes.accepted(actor)
        known = await self._storage.read(
            lambda session: queries.known(session, actor.organization, about)
        )
        if known is None:
            return
        _, changed = rules.changed_attributes(known.attributes, said)
        said_now = structs.replace(queries.of(actor), blocked=known.contact.blocked)
        if known.contact != said_now or changed:
            await self._storage.submit(RememberContact(actor, attributes=said))


def id_of(organization: str, contact: str) -> str:
    """The id of a contact (``vis_…``), from that or from the host app's id of the user."""
    return contact if is_own(contact) else ids.visitor_of(organization, contact)


def is_own(contact: str) -> bool:
    """Whether this is an id of campfire-chat, and not one of the host app."""
    return contact.startswith(f"{ids.VISITOR}_")
