"""What somebody may be allowed to do with the history of conversations."""

from __future__ import annotations

from campfire_chat.access.permissions import Permission
from campfire_chat.access.records import Role

HISTORY_READ = Permission(
    "history.read",
    "Read what happened to a conversation: who changed what, and when.",
    least=Role.VIEWER,
)
