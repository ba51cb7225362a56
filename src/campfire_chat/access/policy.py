"""The policy: the one place that decides who may do what.

A caller has a set of permissions, which their role gives them when they are let in: see
:mod:`~campfire_chat.access.roles`. Visitors have a set too, but only for what is theirs. The host
app may narrow agents by labels. So every decision is a look into a set that exists already, and at
whose the thing is.
"""

from __future__ import annotations

from collections.abc import Collection
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

    @property
    def access_labels(self) -> frozenset[str]:
        """Which agents see it, if the host app narrows that: see
        :mod:`~campfire_chat.access.labels`."""
        ...


def can(actor: Actor, permission: Permission, thing: Thing | None = None) -> bool:
    """Whether somebody may do something with a thing, or at all if none is named."""
    return permission in actor.permissions and (thing is None or reaches(actor, thing))


def reaches(actor: Actor, thing: Thing) -> bool:
    """Whether a thing is among those that somebody's permissions are for.

    It is of the same organisation. For visitors it is theirs. For agents whom the host app narrows
    it has no access labels, or one of the agent's.
    """
    if thing.organization != actor.organization:
        return False
    if actor.is_visitor:
        return thing.visitor_id == actor.principal.id
    return actor.labels is None or shares(actor.labels, thing.access_labels)


def shares(labels: frozenset[str], own: Collection[str]) -> bool:
    """Whether an agent with ``labels`` sees what has ``own``."""
    return not own or not labels.isdisjoint(own)


def reaches_all(actor: Actor) -> bool:
    """Whether somebody's permissions are for everything in the organisation."""
    return not actor.is_visitor and actor.labels is None


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
