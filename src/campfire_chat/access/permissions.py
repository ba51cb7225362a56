"""Permissions: what somebody may be allowed to do, each with a name.

A noun declares its permissions beside its endpoints, streams and frames, as a constant::

    TAGS_WRITE = Permission("tags.write", "Create, rename and merge tags.", least=Role.ADMIN)

From then on roles of the host app may name it, the built-in roles from ``least`` upwards have it,
and endpoints, streams, frames and jobs can ask for it. Nothing central lists it.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import cache

from msgspec import Struct

from campfire_chat.access.records import Role

#: The built-in roles, each of which may do all that the one before it may do.
LADDER = (Role.VIEWER, Role.AGENT, Role.ADMIN, Role.OWNER)

_declared: dict[str, Permission] = {}


class Permission(Struct, frozen=True, eq=False):
    """A permission. It is compared by identity, because every message asks for one.

    Attributes:
        name: Noun and verb, such as ``conversations.reply``. Roles of the host app name it.
        allows: What it allows, as a sentence.
        least: The built-in role from which on a role has it.
        visitors: Whether visitors have it too, for what is theirs.
        keys: Whether an API key may have it.
    """

    name: str
    allows: str
    least: Role
    visitors: bool = False
    keys: bool = True

    def __post_init__(self) -> None:
        if self.name in _declared:
            raise AssertionError(f"there are two permissions called {self.name}")
        _declared[self.name] = self
        of_visitors.cache_clear()


class Access(Enum):
    """What an endpoint or a frame asks for that asks for no permission of its own.

    Attributes:
        PUBLIC: Nothing. The caller need not even be known.
        CALLER: Only who the caller is. It is about nothing but themselves and their connection.
        STREAM: The permission of the stream that it names.
    """

    PUBLIC = "public"
    CALLER = "caller"
    STREAM = "stream"


#: What an endpoint or a frame asks for: a permission, at least one of several, or none.
Requirement = Permission | tuple[Permission, ...] | Access


def all_permissions() -> list[Permission]:
    """Every permission that is declared, by name."""
    return [_declared[name] for name in sorted(_declared)]


def known_permission(name: str) -> Permission | None:
    return _declared.get(name)


@cache
def of_visitors() -> frozenset[Permission]:
    """What visitors may do with what is theirs."""
    return frozenset(one for one in _declared.values() if one.visitors)


@cache
def names_of(permissions: frozenset[Permission]) -> tuple[str, ...]:
    """Their names, sorted."""
    return tuple(sorted(one.name for one in permissions))


def needed(requirement: Requirement) -> frozenset[Permission] | None:
    """The permissions of which somebody needs at least one; None where none is asked for."""
    if isinstance(requirement, Access):
        return None
    return frozenset(_each(requirement))


def in_words(requirement: Requirement) -> str:
    """For lists: the names of the permissions, or ``public``, ``caller``, ``stream``."""
    if isinstance(requirement, Access):
        return requirement.value
    return " or ".join(one.name for one in _each(requirement))


def _each(requirement: Permission | tuple[Permission, ...]) -> Iterable[Permission]:
    return (requirement,) if isinstance(requirement, Permission) else requirement
