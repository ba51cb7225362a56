"""An agent's availability follows from their choice and from whether they are connected."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.access.records import Availability


def effective(chosen: Availability, *, present: bool) -> Availability:
    """What the agent chose, while connected. Offline when the last connection has ended."""
    return chosen if present else Availability.OFFLINE


def of_all(agents: Iterable[Availability]) -> Availability:
    """What visitors see: online if any agent is, away if any agent is connected."""
    seen = set(agents)
    if Availability.ONLINE in seen:
        return Availability.ONLINE
    if Availability.AWAY in seen or Availability.BUSY in seen:
        return Availability.AWAY
    return Availability.OFFLINE


def takes_back(availability: Availability | None) -> bool:
    """Whether an agent keeps a conversation that comes back to them: they are at work, and may be
    busy."""
    return availability in (Availability.ONLINE, Availability.BUSY)
