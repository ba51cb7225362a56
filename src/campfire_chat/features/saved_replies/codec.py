"""Saved replies to rows and back."""

from __future__ import annotations

from typing import Any

from campfire_chat.core import clock
from campfire_chat.features.saved_replies.records import SavedReplyRecord
from campfire_chat.features.saved_replies.rules import searchable
from campfire_chat.features.saved_replies.tables import EVERYBODY


def record_of(row: dict[str, Any]) -> SavedReplyRecord:
    return SavedReplyRecord(
        id=row["saved_reply_id"],
        shortcut=row["shortcut"],
        title=row["title"],
        body=row["body"],
        owner_id=None if row["owner_id"] == EVERYBODY else row["owner_id"],
        created_by=row["created_by"],
        created_at=clock.rfc3339(row["created_at"]),
        updated_by=row["updated_by"],
        updated_at=clock.rfc3339(row["updated_at"]),
    )


def values_of(record: SavedReplyRecord) -> dict[str, Any]:
    """The columns of the table, without the organisation."""
    return {
        "saved_reply_id": record.id,
        "owner_id": record.owner_id or EVERYBODY,
        "shortcut": record.shortcut,
        "title": record.title,
        "body": record.body,
        "words": searchable(record.shortcut, record.title, record.body),
        "created_by": record.created_by,
        "created_at": clock.parse_rfc3339(record.created_at),
        "updated_by": record.updated_by,
        "updated_at": clock.parse_rfc3339(record.updated_at),
    }
