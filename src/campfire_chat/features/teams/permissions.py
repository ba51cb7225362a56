"""What somebody may be allowed to do with teams."""

from __future__ import annotations

from campfire_chat.access.permissions import Permission
from campfire_chat.access.records import Role

TEAMS_READ = Permission(
    "teams.read",
    "See the teams and who is in them.",
    least=Role.VIEWER,
)
TEAMS_MANAGE = Permission(
    "teams.manage",
    "Create, change and delete teams.",
    least=Role.ADMIN,
)
