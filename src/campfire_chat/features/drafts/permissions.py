"""What somebody may be allowed to do with drafts."""

from __future__ import annotations

from campfire_chat.access.permissions import Permission
from campfire_chat.access.records import Role

DRAFTS_WRITE = Permission(
    "drafts.write",
    "Keep drafts of one's own on the server, so that they are on all one's devices.",
    least=Role.AGENT,
)
