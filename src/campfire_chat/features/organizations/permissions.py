"""What somebody may be allowed to do with settings."""

from __future__ import annotations

from campfire_chat.access.permissions import Permission
from campfire_chat.access.records import Role

SETTINGS_READ = Permission(
    "settings.read",
    "See the settings of the organisation and one's own.",
    least=Role.VIEWER,
)
SETTINGS_EDIT = Permission(
    "settings.edit",
    "Change the settings of the organisation.",
    least=Role.ADMIN,
)
OWN_SETTINGS_EDIT = Permission(
    "own_settings.edit",
    "Change one's own settings.",
    least=Role.VIEWER,
    keys=False,
)
