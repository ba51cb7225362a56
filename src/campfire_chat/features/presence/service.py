"""Who is present, as the database knows it."""

from __future__ import annotations

from collections.abc import Sequence

from campfire_chat.access.actor import system_actor
from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.core.clock import SECOND
from campfire_chat.features.presence import queries
from campfire_chat.features.presence.operations import Beat, SweepPresence, WritePresence
from campfire_chat.ledger.storage import Storage


class PresenceService:
    """See the module.

    Args:
        life: Seconds after the last beat for which a participant counts as present.
    """

    def __init__(self, storage: Storage, *, life: float) -> None:
        self._storage = storage
        self._life = int(life * SECOND)

    @property
    def alive_since(self) -> int:
        """A participant whose last beat is older than this time is gone."""
        return self._storage.now() - self._life

    async def write(
        self,
        organization: str,
        *,
        node_id: str,
        alive: Sequence[Beat] = (),
        gone: Sequence[Beat] = (),
    ) -> None:
        """Write beats of a process, and delete others."""
        actor = system_actor(organization)
        await self._storage.submit(WritePresence(actor, node_id=node_id, alive=alive, gone=gone))

    async def sweep(self, organization: str) -> None:
        """Delete beats that are long out of date, or in the future."""
        actor, now = system_actor(organization), self._storage.now()
        await self._storage.submit(SweepPresence(actor, now - self._life, now + self._life))

    async def at(
        self, organization: str, conversation_ids: Sequence[str]
    ) -> dict[str, list[Participant]]:
        """Who has these conversations open, in any process."""
        since = self.alive_since
        return await self._storage.read(
            lambda session: queries.present_at(
                session, organization, conversation_ids, alive_since=since
            )
        )

    async def is_present(self, organization: str, kind: SenderKind, participant_id: str) -> bool:
        """Whether a participant is connected to any process."""
        since = self.alive_since
        return await self._storage.read(
            lambda session: queries.is_present(
                session, organization, kind, participant_id, alive_since=since
            )
        )
