"""The events of contacts.

They say whose record has changed and in which fields, and not what it says: all agents get them,
and not everybody sees every contact. Whoever sees it asks for it.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from campfire_chat.access.records import Participant
from campfire_chat.ledger.events import EventType


class ContactEvent(Struct, frozen=True, kw_only=True):
    """What is known of a contact has changed.

    Attributes:
        id: The contact.
        fields: What has changed, such as ``name`` or ``attributes.plan``.
        actor: Who did it. Of a visitor only the id is told.
    """

    id: str
    fields: list[str]
    actor: Participant


def _contact(data: ContactEvent) -> str:
    return data.id


def _as_it_is(data: dict[str, object], _: object) -> dict[str, object]:
    return data


#: The contact counts as that whose text it holds, so that all events about one are found.
CONTACT_UPDATED: Final = EventType(
    "contact.updated", ("inbox",), ContactEvent, text_of=_contact, with_text=_as_it_is
)

EVENTS: Final = (CONTACT_UPDATED,)
