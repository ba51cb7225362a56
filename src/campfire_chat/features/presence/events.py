"""The events of presence: the sessions of agents."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from campfire_chat.core.scalars import Timestamp
from campfire_chat.ledger.events import EventType


class SessionStarted(Struct, frozen=True, kw_only=True):
    """An agent is connected who was connected to no process before.

    Attributes:
        id: The agent.
    """

    id: str
    started_at: Timestamp


class SessionEnded(Struct, frozen=True, kw_only=True):
    """An agent is gone, and has not come back within the grace time.

    Attributes:
        id: The agent.
        started_at: The same as in ``agent.session_started``.
        ended_at: When the agent was last seen connected.
    """

    id: str
    started_at: Timestamp
    ended_at: Timestamp


SESSION_STARTED: Final = EventType("agent.session_started", ("inbox",), SessionStarted)
SESSION_ENDED: Final = EventType("agent.session_ended", ("inbox",), SessionEnded)

EVENTS: Final = (SESSION_STARTED, SESSION_ENDED)
