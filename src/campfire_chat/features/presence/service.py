"""Who is present, as the database knows it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from campfire_chat.access.actor import system_actor
from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.core.clock import SECOND
from campfire_chat.core.errors import InternalError
from campfire_chat.features.presence import queries, session_queries
from campfire_chat.features.presence.operations import Beat, WritePresence
from campfire_chat.features.presence.queries import Alive
from campfire_chat.features.presence.rules import GRACE
from campfire_chat.features.presence.sessions import EndSessions, MoveAgents
from campfire_chat.ledger.storage import Storage

logger = logging.getLogger("campfire_chat.realtime")


class PresenceService:
    """See the module.

    Args:
        life: Seconds after the last beat for which a participant counts as present.
    """

    def __init__(self, storage: Storage, *, life: float) -> None:
        self._storage = storage
        self._life = int(life * SECOND)
        self._grace = GRACE * self._life

    @property
    def now(self) -> int:
        """What the clock shows, in microseconds since 1970."""
        return self._storage.now()

    @property
    def alive(self) -> Alive:
        """A participant whose last beat is not within these times is gone."""
        now = self.now
        return Alive(now - self._life, now + self._life)

    @property
    def recent(self) -> Alive:
        """What was not seen within these times is gone also by the clock of another process."""
        now = self.now
        return Alive(now - self._grace, now + self._grace)

    async def write(
        self,
        organization: str,
        *,
        node_id: str,
        alive: Sequence[Beat] = (),
        gone: Sequence[Beat] = (),
        at: int | None = None,
    ) -> None:
        """Write beats of a process, and delete others.

        Args:
            at: The time of the beats, in microseconds; None for the time of the commit.
        """
        operation = WritePresence(
            system_actor(organization), node_id=node_id, alive=alive, gone=gone, at=at
        )
        await self._storage.submit(operation)

    async def move_agents(
        self,
        organization: str,
        *,
        node_id: str,
        came: Sequence[Beat] = (),
        left: Sequence[Beat] = (),
    ) -> None:
        """Write that agents have connected to a process, and that others have closed their last
        connection to it. Sessions begin and end with that."""
        operation = MoveAgents(
            system_actor(organization),
            node_id=node_id,
            alive=came,
            gone=left,
            grace=self._grace,
        )
        await self._storage.submit(operation)

    async def end_sessions(self) -> None:
        """End the sessions that are over, of all organisations and whichever process had the
        connection."""
        recent = self.recent
        over = await self._storage.read(lambda session: session_queries.over(session, recent))
        for organization, agent_ids in over.items():
            operation = EndSessions(system_actor(organization), agent_ids, self._grace)
            try:
                await self._storage.submit(operation)
            except InternalError:
                # The sessions and the beats of the others have to go on.
                logger.warning("sessions of %s could not be ended", organization, exc_info=True)

    async def in_session(self, organization: str, agent_ids: Sequence[str]) -> set[str]:
        """Those of these agents who have a session."""
        return await self._storage.read(
            lambda session: session_queries.in_session(session, organization, agent_ids)
        )

    async def at(
        self, organization: str, conversation_ids: Sequence[str]
    ) -> dict[str, list[Participant]]:
        """Who has these conversations open, in any process."""
        alive = self.alive
        return await self._storage.read(
            lambda session: queries.present_at(session, organization, conversation_ids, alive=alive)
        )

    async def is_present(self, organization: str, kind: SenderKind, participant_id: str) -> bool:
        """Whether a participant is connected to any process."""
        alive = self.alive
        return await self._storage.read(
            lambda session: queries.is_present(
                session, organization, kind, participant_id, alive=alive
            )
        )
