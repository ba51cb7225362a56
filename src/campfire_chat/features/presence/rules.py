"""When a session of an agent is over. Times and spans are in microseconds."""

from __future__ import annotations

from msgspec import Struct

#: The grace time of sessions, in lives of a beat: an agent who comes back within that time goes on
#: with the session. A beat is no older than one life while its process is well, and the clock of
#: another process may be wrong by one more.
GRACE = 2


class AgentSession(Struct, frozen=True):
    """The time for which an agent is connected to any process.

    Attributes:
        started_at: When the agent connected.
        left_at: When the agent last closed the last connection to a process; None if that has not
            happened.
        beats: The last beat of each process to which the agent was still connected when it was
            heard of last.
    """

    agent_id: str
    started_at: int
    left_at: int | None = None
    beats: tuple[int, ...] = ()

    def end(self, now: int, grace: int) -> int | None:
        """When the session has ended; None while it goes on.

        It goes on while somebody has seen the agent connected within the grace time. A time that
        lies further ahead is as good as one that lies further back: the clock was set since then.
        The session ends with the last time at which the agent was seen.
        """
        left = () if self.left_at is None else (self.left_at,)
        seen = (self.started_at, *left, *self.beats)
        if any(abs(now - at) <= grace for at in seen):
            return None
        return max(seen)
