"""Writing beats: who is connected, and who has which conversation open."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from campfire_chat.access.actor import Actor
from campfire_chat.access.records import Participant
from campfire_chat.database.prepared import Row
from campfire_chat.features.presence import statements
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction


class Beat(Struct, frozen=True):
    """A participant is present at a place: :data:`CONNECTED` or a conversation id."""

    organization: str
    place: str
    participant: Participant


class WritePresence(Operation[None]):
    """Write some beats of a process, and delete others.

    Args:
        at: The time of the beats, in microseconds; None for that of the transaction.
    """

    appends = False

    def __init__(
        self,
        actor: Actor,
        *,
        node_id: str,
        alive: Sequence[Beat] = (),
        gone: Sequence[Beat] = (),
        at: int | None = None,
    ) -> None:
        super().__init__(actor)
        self._node_id = node_id
        self.alive = alive
        self.gone = gone
        self._at = at
        self.size += 300 * (len(alive) + len(gone))

    async def run(self, transaction: Transaction) -> None:
        session = transaction.session
        at = transaction.now if self._at is None else self._at
        gone = [self._row(beat, at)[:5] for beat in self.gone]
        await session.write(statements.DELETE_PRESENCE, gone)
        alive = [self._row(beat, at) for beat in self.alive]
        await session.write(statements.WRITE_PRESENCE, alive)

    def _row(self, beat: Beat, at: int) -> Row:
        """The columns of the table. The first five are the key."""
        participant = beat.participant
        return (
            beat.organization,
            beat.place,
            participant.kind.value,
            participant.id,
            self._node_id,
            participant.name,
            participant.avatar_url,
            at,
        )
