"""Rows of tags to records, and back."""

from __future__ import annotations

from campfire_chat.database.codec import Codec
from campfire_chat.features.tags.records import TagRecord
from campfire_chat.features.tags.tables import tags

TAG_ROWS = Codec(tags, TagRecord, names={"id": "tag_id"}, given=("org_id", "folded"))
