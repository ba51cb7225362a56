"""Saved replies, as they go over the wire."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.core.scalars import Timestamp


class SavedReplyRecord(Struct, frozen=True, kw_only=True):
    """A text that agents insert into what they write.

    Attributes:
        id: ``srp_…``.
        shortcut: What one types to find it, in lower case and without a slash.
        body: The text. It may have variables such as ``{{contact.name|there}}``, which the
            console replaces when it inserts the text.
        owner_id: The agent whose it is. Null: it is shared with everybody.
        created_by: The id of the agent who created it.
        updated_by: The id of the agent who changed it last.
    """

    id: str
    shortcut: str
    title: str
    body: str
    owner_id: str | None
    created_by: str
    created_at: Timestamp
    updated_by: str
    updated_at: Timestamp
