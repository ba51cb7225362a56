"""Presence: who is connected, and who has which conversation open, as beats in the database.

A row is written when somebody comes and refreshed every beat while they stay. Nobody has to
delete it: one that has not been refreshed for its lifetime is dead, so a crash leaves no ghosts.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import delete, select

from campfire_chat.domain.principal import Scope
from campfire_chat.models import Participant, SenderKind
from campfire_chat.storage import statements, tables
from campfire_chat.storage.lanes import Session
from campfire_chat.storage.operations import Operation
from campfire_chat.storage.statement import Row
from campfire_chat.storage.transaction import Transaction

_p = tables.presence.c

#: The place of somebody who is connected, whatever they look at.
CONNECTED = ""


class Beat(Struct, frozen=True):
    """Somebody is alive at a place: :data:`CONNECTED` or a conversation id."""

    organization: str
    place: str
    participant: Participant


class WritePresence(Operation[None]):
    """Refresh some beats of a process, and drop others."""

    alters_records = False

    def __init__(
        self,
        scope: Scope,
        *,
        node_id: str,
        alive: Sequence[Beat] = (),
        gone: Sequence[Beat] = (),
    ) -> None:
        super().__init__(scope)
        self._node_id = node_id
        self._alive = alive
        self._gone = gone

    async def run(self, transaction: Transaction) -> None:
        session = transaction.session
        gone = [self._row(beat, transaction.now)[:5] for beat in self._gone]
        await session.write(statements.DELETE_PRESENCE, gone)
        alive = [self._row(beat, transaction.now) for beat in self._alive]
        await session.write(statements.WRITE_PRESENCE, alive)

    def _row(self, beat: Beat, now: int) -> Row:
        """The columns of the table; the first five are its key."""
        participant = beat.participant
        return (
            beat.organization,
            beat.place,
            participant.kind.value,
            participant.id,
            self._node_id,
            participant.name,
            participant.avatar_url,
            now,
        )


class SweepPresence(Operation[None]):
    """Remove beats from before a moment, and from after another.

    The latter were written before a clock was set back; left alone they would be ghosts for as
    long as the clock had been ahead. Whoever wrote one and is still here writes another.
    """

    alters_records = False

    def __init__(self, scope: Scope, before: int, after: int) -> None:
        super().__init__(scope)
        self._before = before
        self._after = after

    async def run(self, transaction: Transaction) -> None:
        await transaction.session.execute(
            delete(tables.presence).where(
                _p.org_id == self.organization,
                (_p.beat_at < self._before) | (_p.beat_at > self._after),
            )
        )


async def present_at(
    session: Session, organization: str, conversation_ids: Sequence[str], *, alive_since: int
) -> dict[str, list[Participant]]:
    """Who has these conversations open; for the watch, which tells only those who may know."""
    rows = await session.all(
        select(_p.place, _p.participant_kind, _p.participant_id, _p.name, _p.avatar_url).where(
            _p.org_id == organization,
            _p.place.in_(list(conversation_ids)),
            _p.beat_at >= alive_since,
        )
    )
    found: dict[str, list[Participant]] = {}
    for row in rows:
        person = Participant(
            SenderKind(row["participant_kind"]),
            row["participant_id"],
            row["name"],
            row["avatar_url"],
        )
        found.setdefault(row["place"], []).append(person)
    return found


async def viewers(
    session: Session, scope: Scope, conversation_id: str, *, alive_since: int
) -> list[Participant]:
    """The agents who have a conversation open; empty for a visitor, whom it does not concern."""
    if not scope.is_agent:
        return []
    rows = await session.all(
        select(_p.participant_id, _p.name, _p.avatar_url)
        .where(
            _p.org_id == scope.organization,
            _p.place == conversation_id,
            _p.participant_kind == SenderKind.AGENT.value,
            _p.beat_at >= alive_since,
        )
        .order_by(_p.participant_id)
    )
    found = {
        row["participant_id"]: Participant(
            SenderKind.AGENT, row["participant_id"], row["name"], row["avatar_url"]
        )
        for row in rows
    }
    return list(found.values())


async def is_present(
    session: Session, organization: str, kind: SenderKind, participant_id: str, *, alive_since: int
) -> bool:
    """Whether a participant is connected to any process."""
    row = await session.first(
        select(_p.participant_id)
        .where(
            _p.org_id == organization,
            _p.place == CONNECTED,
            _p.participant_kind == kind.value,
            _p.participant_id == participant_id,
            _p.beat_at >= alive_since,
        )
        .limit(1)
    )
    return row is not None
