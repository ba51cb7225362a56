"""The events of agents."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from campfire_chat.access.records import Availability, Participant
from campfire_chat.ledger.events import EventType


class AvailabilityChanged(Struct, frozen=True, kw_only=True):
    """The availability that an agent has chosen, or that somebody has chosen for them.

    Attributes:
        id: The agent.
        previous: What was chosen before.
        actor: Who chose it.
    """

    id: str
    availability: Availability
    previous: Availability
    actor: Participant


AVAILABILITY_CHANGED: Final = EventType(
    "agent.availability_changed", ("inbox",), AvailabilityChanged
)

EVENTS: Final = (AVAILABILITY_CHANGED,)
