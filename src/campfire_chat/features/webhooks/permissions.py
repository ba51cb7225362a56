"""What somebody may be allowed to do with webhooks."""

from __future__ import annotations

from campfire_chat.access.permissions import Permission
from campfire_chat.access.records import Role

WEBHOOKS_MANAGE = Permission(
    "webhooks.manage",
    "See, create, change, pause and delete webhooks, read their delivery log, and replay "
    "deliveries.",
    least=Role.ADMIN,
)
