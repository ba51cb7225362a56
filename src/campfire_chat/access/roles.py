"""Roles: named sets of permissions. Four are built in, and the host app may add its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from campfire_chat.access.permissions import (
    LADDER,
    Permission,
    all_permissions,
    known_permission,
)
from campfire_chat.core.errors import ConfigurationError

#: Greatest length of a role's name.
MAX_NAME = 64


class Roles:
    """The roles of one ``Campfire``.

    Args:
        custom: The roles of the host app: the names of permissions, by the name of the role.

    Raises:
        ConfigurationError: A permission does not exist, or a role cannot have that name.
    """

    def __init__(self, custom: Mapping[str, Collection[str]] | None = None) -> None:
        every = all_permissions()
        self._by_name: dict[str, frozenset[Permission]] = {
            str(role): frozenset(one for one in every if LADDER.index(one.least) <= step)
            for step, role in enumerate(LADDER)
        }
        for name, names in (custom or {}).items():
            self._by_name[self._checked(name)] = frozenset(
                _permission(name, wanted) for wanted in names
            )

    @property
    def names(self) -> list[str]:
        """The built-in roles first, the one that may do most at the beginning."""
        built_in = [str(role) for role in reversed(LADDER)]
        return built_in + [name for name in self._by_name if name not in built_in]

    def permissions_of(self, role: object) -> frozenset[Permission]:
        """
        Raises:
            ConfigurationError: There is no such role.
        """
        found = self._by_name.get(role) if isinstance(role, str) else None
        if found is None:
            raise ConfigurationError(
                f"Agent.role must be one of {', '.join(self.names)}, not {role!r}. "
                "Your own roles are declared with Campfire(…, roles={…})."
            )
        return found

    def with_permission(self, permission: Permission) -> frozenset[str]:
        """The names of the roles that have a permission."""
        return frozenset(name for name, has in self._by_name.items() if permission in has)

    def _checked(self, name: Any) -> str:
        if name in self._by_name:
            raise ConfigurationError(
                f"roles: {name!r} is a built-in role and cannot be changed; take another name",
                field="roles",
            )
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise ConfigurationError(
                f"roles: the name of a role needs 1 to {MAX_NAME} printable characters",
                field="roles",
            )
        return name


def _permission(role: str, name: str) -> Permission:
    found = known_permission(name)
    if found is None:
        known = ", ".join(one.name for one in all_permissions())
        raise ConfigurationError(
            f"roles: {role!r} names the permission {name!r}, which does not exist. "
            f"There are {known}.",
            field="roles",
        )
    return found
