"""Presence: who is connected and who has which conversation open, as beats in the database.

A row is written when a participant connects, and updated with every beat. A row that was not
updated for its lifetime no longer counts. So after a crash nobody stays present for longer. Nor
does a row count whose time is further ahead: it was written before the clock was set back, and a
participant who is still connected gets a new beat.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.prepared import Row
from campfire_chat.database.statement import Query
from campfire_chat.features.presence import tables

_p = tables.presence.c

#: The place of a participant who is connected, whatever they have open.
CONNECTED = ""


class Alive(NamedTuple):
    """Whose last beat is between these times is present; in microseconds since 1970."""

    since: int
    until: int

    @property
    def values(self) -> dict[str, int]:
        """The parameters of :data:`IS_ALIVE`."""
        return {"alive_since": self.since, "alive_until": self.until}


IS_ALIVE = _p.beat_at.between(
    bindparam("alive_since", type_=_p.beat_at.type),
    bindparam("alive_until", type_=_p.beat_at.type),
)


def _present_at(engine: Engine) -> ClauseElement:
    return select(_p.place, _p.participant_kind, _p.participant_id, _p.name, _p.avatar_url).where(
        engine.among(_p.org_id, _p.place, "places"), IS_ALIVE
    )


def _viewers(_: Engine) -> ClauseElement:
    return (
        select(_p.participant_id, _p.name, _p.avatar_url)
        .where(
            _p.org_id == bindparam("org_id"),
            _p.place == bindparam("place"),
            _p.participant_kind == SenderKind.AGENT.value,
            IS_ALIVE,
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
            IS_ALIVE,
        )
        .limit(1)
    )


PRESENT_AT = Query(_present_at)
#: The agents who have a conversation open. Visitors must not see them.
VIEWERS = Query(_viewers)
#: Whether a participant is connected to any process.
ONE = Query(_one)


async def present_at(
    session: Session, organization: str, conversation_ids: Sequence[str], *, alive: Alive
) -> dict[str, list[Participant]]:
    """Who has these conversations open. For the roster, which tells only agents."""
    rows = await session.fetch(
        PRESENT_AT,
        org_id=organization,
        places=session.engine.list_value(conversation_ids),
        **alive.values,
    )
    found: dict[str, list[Participant]] = {}
    for place, kind, participant_id, name, avatar_url in rows:
        person = Participant(SenderKind(kind), participant_id, name, avatar_url)
        found.setdefault(place, []).append(person)
    return found


def viewers_of(rows: Sequence[Row]) -> list[Participant]:
    """The agents in the rows of :data:`VIEWERS`: each once, even if they have the conversation
    open in several tabs and processes."""
    found = {
        participant_id: Participant(SenderKind.AGENT, participant_id, name, avatar_url)
        for participant_id, name, avatar_url in rows
    }
    return list(found.values())


async def is_present(
    session: Session, organization: str, kind: SenderKind, participant_id: str, *, alive: Alive
) -> bool:
    """Whether a participant is connected to any process."""
    rows = await session.fetch(
        ONE,
        org_id=organization,
        kind=kind.value,
        participant_id=participant_id,
        **alive.values,
    )
    return bool(rows)
