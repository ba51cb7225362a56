"""The policy: the one place that decides who may do what.

A caller has a set of permissions, which their role gives them when they are let in: see
:mod:`~campfire_chat.access.roles`. Visitors have a set too, but only for what is theirs. So every
decision is a look into a set that exists already, and at whose the thing is.
"""

from __future__ import annotations

from typing import Protocol

from campfire_chat.access.actor import Actor
from campfire_chat.access.permissions import Permission, Requirement, in_words, needed
from campfire_chat.core.errors import ForbiddenError


class Thing(Protocol):
    """What somebody may be allowed to see or change."""

    @property
    def organization(self) -> str: ...

    @property
    def visitor_id(self) -> str | None:
        """The visitor whose it is; None for what is no visitor's."""
        ...


def can(actor: Actor, permission: Permission, thing: Thing | None = None) -> bool:
    """Whether somebody may do something with a thing, or at all if none is named."""
    return permission in actor.permissions and (thing is None or reaches(actor, thing))


def reaches(actor: Actor, thing: Thing) -> bool:
    """Whether a thing is among those that somebody's permissions are for: it is of the same
    organisation, and for visitors it is theirs."""
    return thing.organization == actor.organization and (
        not actor.is_visitor or thing.visitor_id == actor.principal.id
    )


def reaches_all(actor: Actor) -> bool:
    """Whether somebody's permissions are for everything in the organisation."""
    return not actor.is_visitor


def meets(actor: Actor, requirement: Requirement) -> bool:
    """Whether somebody has at least one of the permissions that are asked for."""
    wanted = needed(requirement)
    return wanted is None or not wanted.isdisjoint(actor.permissions)


def require(actor: Actor, requirement: Requirement) -> None:
    """
    Raises:
        ForbiddenError: They have none of the permissions that are asked for.
    """
    # Most ask for one permission, and every message does.
    if requirement not in actor.permissions and not meets(actor, requirement):
        raise forbidden(requirement)


def forbidden(requirement: Requirement) -> ForbiddenError:
    """The error for somebody who has none of the permissions that are asked for."""
    return ForbiddenError(f"This needs the permission {in_words(requirement)}.")
