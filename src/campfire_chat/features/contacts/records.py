"""Contacts, as they go over the wire."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct

from campfire_chat.access.records import Participant
from campfire_chat.core.attributes import AttributeType, Value
from campfire_chat.core.scalars import Timestamp


class Contact(Struct, frozen=True, kw_only=True):
    """The visitor, as agents see them.

    Attributes:
        id: The visitor id (``vis_…``).
        external_id: The host app's id of the user, if the host app confirmed it.
        verified: Whether the host app confirmed who the visitor is.
        blocked: Whether they can write nothing any more.
    """

    id: str
    external_id: str | None
    verified: bool
    name: str | None
    email: str | None
    avatar_url: str | None
    blocked: bool


class ContactRecord(Contact, frozen=True, kw_only=True):
    """A contact, as lists of contacts and their own pages show them.

    Attributes:
        created_at: When the contact was stored: with the first message, or by the host app.
        last_seen_at: When they were connected last, at most five minutes before the true time,
            also while they are connected. Null if they never were.
        attributes: What else is known of them, by the keys of the attributes.
    """

    created_at: Timestamp
    last_seen_at: Timestamp | None
    attributes: dict[str, Value]


class AttributeRecord(Struct, frozen=True, kw_only=True):
    """An attribute that contacts of the organisation may have.

    Attributes:
        label: Its name on the screen.
        choices: The values of a choice, in the order in which they are offered; otherwise empty.
        editable: Whether agents may change it. Otherwise only the host app does.
        in_code: Whether the code of the host app declares it, and not the settings.
    """

    key: str
    label: str
    type: AttributeType
    description: str
    choices: list[str]
    editable: bool
    in_code: bool


class ChangeKind(StrEnum):
    """What happened to a contact."""

    #: They were stored.
    CREATED = "created"
    #: The host app or an agent describes them in another way.
    DESCRIBED = "described"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"


class FieldChange(Struct, frozen=True, kw_only=True):
    """What a field was and what it is. Null: nothing. An attribute is called
    ``attributes.<key>``."""

    field: str
    before: Any
    after: Any


class ContactChange(Struct, frozen=True, kw_only=True):
    """Something that happened to a contact.

    Attributes:
        id: ``cch_…``.
        actor: Who did it: an agent, the contact, or the system for the host app.
        fields: What was changed; empty if the kind says it all.
    """

    id: str
    at: Timestamp
    kind: ChangeKind
    actor: Participant
    fields: list[FieldChange]
