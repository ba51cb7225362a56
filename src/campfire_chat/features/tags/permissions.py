"""What somebody may be allowed to do with tags."""

from __future__ import annotations

from campfire_chat.access.permissions import Permission
from campfire_chat.access.records import Role

TAGS_READ = Permission("tags.read", "See the tags and how often they are used.", least=Role.VIEWER)
TAGS_CREATE = Permission(
    "tags.create",
    "Create a tag, also by giving a conversation a tag that does not exist yet.",
    least=Role.AGENT,
)
TAGS_WRITE = Permission(
    "tags.write",
    "Rename, describe, colour, merge and delete tags.",
    least=Role.ADMIN,
)
