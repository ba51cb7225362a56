"""Rows of contacts to records."""

from __future__ import annotations

from campfire_chat.database.codec import Codec
from campfire_chat.features.contacts import tables
from campfire_chat.features.contacts.records import Contact

CONTACT_ROWS = Codec(tables.contacts, Contact, names={"id": "contact_id"})
