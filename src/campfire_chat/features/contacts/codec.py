"""Rows of contacts to records, and back."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from campfire_chat.core import clock
from campfire_chat.core.attributes import Value
from campfire_chat.database.codec import Codec, Stored
from campfire_chat.features.contacts import tables
from campfire_chat.features.contacts.records import Contact, ContactChange, ContactRecord

CONTACT_ROWS = Codec(tables.contacts, Contact, names={"id": "contact_id"})


_decode = msgspec.json.Decoder(dict[str, Value]).decode


def encode(attributes: Mapping[str, Value]) -> str:
    """The values of attributes as they are stored."""
    return msgspec.json.encode(dict(attributes)).decode()


def decode(stored: str) -> dict[str, Value]:
    """The values of attributes as :func:`encode` has stored them."""
    return _decode(stored) if stored != "{}" else {}


def _seen(at: int) -> str | None:
    return clock.rfc3339(at) if at else None


CONTACT_RECORD_ROWS = Codec(
    tables.contacts,
    ContactRecord,
    names={"id": "contact_id"},
    stored={"last_seen_at": Stored(_seen), "attributes": Stored(decode)},
)

CHANGE_ROWS = Codec(
    tables.contact_changes,
    ContactChange,
    names={"id": "change_id"},
    given=("org_id", "contact_id"),
)
