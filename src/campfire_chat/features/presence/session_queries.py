"""The sessions of agents that go on, and the beats that carry them on."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, and_, bindparam, delete, not_, or_, select
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

from campfire_chat.access.records import SenderKind
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import Query
from campfire_chat.features.presence import tables
from campfire_chat.features.presence.queries import CONNECTED, IS_ALIVE, Alive
from campfire_chat.features.presence.rules import AgentSession

_p = tables.presence.c
_s = tables.agent_sessions.c

#: The beats of agents who are connected.
_OF_AGENTS = and_(_p.place == CONNECTED, _p.participant_kind == SenderKind.AGENT.value)
#: The beats of a session.
_ITS_BEATS = and_(_p.org_id == _s.org_id, _p.participant_id == _s.agent_id, _OF_AGENTS)


def _is_recent(at: ColumnElement[int]) -> ColumnElement[bool]:
    return at.between(
        bindparam("alive_since", type_=BigInteger), bindparam("alive_until", type_=BigInteger)
    )


def _open(engine: Engine) -> ClauseElement:
    return (
        select(_s.agent_id, _s.started_at, _s.left_at, _p.beat_at)
        .select_from(tables.agent_sessions.outerjoin(tables.presence, _ITS_BEATS))
        .where(engine.among(_s.org_id, _s.agent_id, "agents"))
    )


def _in_session(engine: Engine) -> ClauseElement:
    return select(_s.agent_id).where(engine.among(_s.org_id, _s.agent_id, "agents"))


def _over(_: Engine) -> ClauseElement:
    """Sessions of all organisations in which nobody has been seen within the grace time."""
    beats = select(_p.node_id).where(_ITS_BEATS, IS_ALIVE)
    return (
        select(_s.org_id, _s.agent_id)
        .where(
            not_(_is_recent(_s.started_at)),
            or_(_s.left_at.is_(None), not_(_is_recent(_s.left_at))),
            not_(beats.exists()),
        )
        .order_by(_s.org_id, _s.agent_id)
    )


def _end(engine: Engine) -> ClauseElement:
    return (
        delete(tables.agent_sessions)
        .where(engine.among(_s.org_id, _s.agent_id, "agents"))
        .returning(_s.agent_id)
    )


def _forget_beats(engine: Engine) -> ClauseElement:
    """Delete the old beats of agents whose session has ended: the next one must not have them."""
    return (
        delete(tables.presence)
        .where(engine.among(_p.org_id, _p.participant_id, "agents"), _OF_AGENTS, not_(IS_ALIVE))
        .returning(_p.participant_id)
    )


OPEN = Query(_open)
IN_SESSION = Query(_in_session)
OVER = Query(_over)
END = Query(_end)
FORGET_BEATS = Query(_forget_beats)


async def open_sessions(
    session: Session, organization: str, agent_ids: Sequence[str]
) -> list[AgentSession]:
    """The sessions of these agents that have not ended."""
    rows = await session.fetch(
        OPEN, org_id=organization, agents=session.engine.list_value(agent_ids)
    )
    beats: dict[tuple[str, int, int | None], list[int]] = {}
    for agent_id, started_at, left_at, beat_at in rows:
        found = beats.setdefault((agent_id, started_at, left_at), [])
        if beat_at is not None:
            found.append(beat_at)
    return [AgentSession(*columns, tuple(found)) for columns, found in beats.items()]


async def in_session(session: Session, organization: str, agent_ids: Sequence[str]) -> set[str]:
    """Those of these agents who have a session."""
    agents = session.engine.list_value(agent_ids)
    return {row[0] for row in await session.fetch(IN_SESSION, org_id=organization, agents=agents)}


async def over(session: Session, recent: Alive) -> dict[str, list[str]]:
    """The agents whose sessions are over, by organisation.

    Args:
        recent: The time around now within which an agent has to be seen.
    """
    found: dict[str, list[str]] = {}
    for organization, agent_id in await session.fetch(OVER, **recent.values):
        found.setdefault(organization, []).append(agent_id)
    return found


async def end(session: Session, organization: str, agent_ids: Sequence[str], recent: Alive) -> None:
    """Delete the sessions of these agents, and the beats that belong to them."""
    agents = session.engine.list_value(agent_ids)
    await session.fetch(END, org_id=organization, agents=agents)
    await session.fetch(FORGET_BEATS, org_id=organization, agents=agents, **recent.values)
