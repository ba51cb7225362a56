"""Who may see and change settings."""

from __future__ import annotations

from typing import Final

from campfire_chat.access.actor import Actor
from campfire_chat.access.records import Role
from campfire_chat.core.errors import ForbiddenError

#: To change the settings of the organisation.
EDIT_SETTINGS: Final = "settings.edit"
#: To change the settings that are one's own. Every agent has it.
EDIT_OWN_SETTINGS: Final = "own_settings.edit"

_ADMINS = (Role.OWNER, Role.ADMIN)


def has(actor: Actor, permission: str) -> bool:
    """Whether the caller has a permission. The only place that knows which roles have which."""
    if not actor.is_agent:
        return False
    return permission == EDIT_OWN_SETTINGS or actor.principal.role in _ADMINS


def require(actor: Actor, permission: str) -> None:
    """
    Raises:
        ForbiddenError: The caller does not have the permission.
    """
    if not has(actor, permission):
        raise ForbiddenError(f"This needs the permission {permission}.")
