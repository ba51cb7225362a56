"""Presence: who is connected and who has which conversation open, as beats in the database.

A row is written when a participant connects, and updated with every beat. A row that was not
updated for its lifetime no longer counts. So after a crash nobody stays present for longer.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import bindparam, delete, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.domain.principal import Scope
from campfire_chat.models import Participant, SenderKind
from campfire_chat.storage import statements, tables
from campfire_chat.storage.dialects import Engine
from campfire_chat.storage.lanes import Session
from campfire_chat.storage.operations import Operation
from campfire_chat.storage.statement import Query, Row
from campfire_chat.storage.transaction import Transaction

_p = tables.presence.c

#: The place of a participant who is connected, whatever they have open.
CONNECTED = ""


class Beat(Struct, frozen=True):
    """A participant is present at a place: :data:`CONNECTED` or a conversation id."""

    organization: str
    place: str
    participant: Participant


class WritePresence(Operation[None]):
    """Write some beats of a process, and delete others."""

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
        self.size += 300 * (len(alive) + len(gone))

    async def run(self, transaction: Transaction) -> None:
        session = transaction.session
        gone = [self._row(beat, transaction.now)[:5] for beat in self._gone]
        await session.write(statements.DELETE_PRESENCE, gone)
        alive = [self._row(beat, transaction.now) for beat in self._alive]
        await session.write(statements.WRITE_PRESENCE, alive)

    def _row(self, beat: Beat, now: int) -> Row:
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
            now,
        )


class SweepPresence(Operation[None]):
    """Delete beats from before one time, and from after another.

    The later ones were written before a clock was set back. Without this they would count as
    present for as long as the clock had been ahead. A participant who is still connected gets a
    new beat.
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


_SINCE = bindparam("alive_since", type_=_p.beat_at.type)


def _present_at(engine: Engine) -> ClauseElement:
    return select(_p.place, _p.participant_kind, _p.participant_id, _p.name, _p.avatar_url).where(
        engine.among(_p.org_id, _p.place, "places"), _p.beat_at >= _SINCE
    )


def _viewers(_: Engine) -> ClauseElement:
    return (
        select(_p.participant_id, _p.name, _p.avatar_url)
        .where(
            _p.org_id == bindparam("org_id"),
            _p.place == bindparam("place"),
            _p.participant_kind == SenderKind.AGENT.value,
            _p.beat_at >= _SINCE,
        )
        .order_by(_p.participant_id)
    )


def _one(_: Engine) -> ClauseElement:
    return (
        select(_p.participant_id)
        .where(
            _p.org_id == bindparam("org_id"),
            _p.place == CONNECTED,
            _p.participant_kind == bindparam("kind"),
            _p.participant_id == bindparam("participant_id"),
            _p.beat_at >= _SINCE,
        )
        .limit(1)
    )


PRESENT_AT = Query(_present_at)
VIEWERS = Query(_viewers)
ONE = Query(_one)


async def present_at(
    session: Session, organization: str, conversation_ids: Sequence[str], *, alive_since: int
) -> dict[str, list[Participant]]:
    """Who has these conversations open. For the watch, which tells only agents."""
    rows = await session.fetch(
        PRESENT_AT,
        org_id=organization,
        places=session.engine.list_value(conversation_ids),
        alive_since=alive_since,
    )
    found: dict[str, list[Participant]] = {}
    for place, kind, participant_id, name, avatar_url in rows:
        person = Participant(SenderKind(kind), participant_id, name, avatar_url)
        found.setdefault(place, []).append(person)
    return found


async def viewers(
    session: Session, scope: Scope, conversation_id: str, *, alive_since: int
) -> list[Participant]:
    """The agents who have a conversation open. Empty for a visitor, who must not see it."""
    if not scope.is_agent:
        return []
    rows = await session.fetch(
        VIEWERS, org_id=scope.organization, place=conversation_id, alive_since=alive_since
    )
    # Each once, even if they have it open in several tabs and processes.
    found = {
        participant_id: Participant(SenderKind.AGENT, participant_id, name, avatar_url)
        for participant_id, name, avatar_url in rows
    }
    return list(found.values())


async def is_present(
    session: Session, organization: str, kind: SenderKind, participant_id: str, *, alive_since: int
) -> bool:
    """Whether a participant is connected to any process."""
    rows = await session.fetch(
        ONE,
        org_id=organization,
        kind=kind.value,
        participant_id=participant_id,
        alive_since=alive_since,
    )
    return bool(rows)
