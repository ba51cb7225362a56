"""What somebody may be allowed to do with agents."""

from __future__ import annotations

from campfire_chat.access.permissions import Permission
from campfire_chat.access.records import Role

AGENTS_READ = Permission(
    "agents.read",
    "See the agents of the organisation and their availability.",
    least=Role.VIEWER,
)
AVAILABILITY_WRITE = Permission(
    "availability.write",
    "Set one's own availability.",
    least=Role.VIEWER,
)
AGENTS_MANAGE = Permission(
    "agents.manage",
    "Store agents, and set the availability of other agents.",
    least=Role.ADMIN,
)
