"""What an agent's availability is, from what they chose and whether they are connected."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.models import Availability


def effective(chosen: Availability, *, present: bool) -> Availability:
    """Chosen while a connection is alive; offline once the last has been gone long enough."""
    return chosen if present else Availability.OFFLINE


def of_team(members: Iterable[Availability]) -> Availability:
    """What a visitor is told: online when anybody is, else away when anybody is connected."""
    seen = set(members)
    if Availability.ONLINE in seen:
        return Availability.ONLINE
    if Availability.AWAY in seen or Availability.BUSY in seen:
        return Availability.AWAY
    return Availability.OFFLINE
