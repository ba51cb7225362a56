"""Agents: users of the host app as they are stored, and the availability that they chose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import bindparam, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.access.records import Agent, Availability, SenderKind
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.prepared import Prepared, Row
from campfire_chat.database.statement import BulkInsert, Query
from campfire_chat.features.agents import tables
from campfire_chat.features.agents.codec import AGENT_ROWS, ASSIGNEE_ROWS
from campfire_chat.features.agents.records import AgentRecord, Assignee
from campfire_chat.features.agents.rules import effective
from campfire_chat.features.presence import queries as presence_queries
from campfire_chat.features.presence import tables as presence_tables
from campfire_chat.features.presence.queries import CONNECTED, IS_ALIVE, Alive
from campfire_chat.ledger.lookups import Lookup

_a = tables.agents.c
_p = presence_tables.presence.c
_ROLE = AGENT_ROWS.position("role")


def _team(_: Engine) -> ClauseElement:
    return (
        AGENT_ROWS.select().where(_a.org_id == bindparam("org_id")).order_by(_a.name, _a.agent_id)
    )


def _present(_: Engine) -> ClauseElement:
    return (
        select(_p.participant_id)
        .where(
            _p.org_id == bindparam("org_id"),
            _p.place == CONNECTED,
            _p.participant_kind == SenderKind.AGENT.value,
            IS_ALIVE,
        )
        .distinct()
    )


def _chosen(_: Engine) -> ClauseElement:
    return select(_a.availability).where(
        _a.org_id == bindparam("org_id"), _a.agent_id == bindparam("agent_id")
    )


def _described(_: Engine) -> ClauseElement:
    return select(_a.external_id, _a.name, _a.avatar_url, _a.email, _a.role).where(
        _a.org_id == bindparam("org_id"), _a.external_id == bindparam("external_id")
    )


def _candidates(engine: Engine) -> ClauseElement:
    return (
        ASSIGNEE_ROWS.select()
        .add_columns(_a.role)
        .where(engine.among(_a.org_id, _a.agent_id, "keys"))
    )


class Candidate(NamedTuple):
    """An agent to whom a conversation may be assigned, if the agent's role allows it."""

    assignee: Assignee
    role: str


def _candidate(row: Row) -> tuple[str, Candidate]:
    *columns, role = row
    found = ASSIGNEE_ROWS.read(columns)
    return found.id, Candidate(found, role)


#: Agents by their ids.
CANDIDATES = Query(_candidates)
ASSIGNEES = Lookup(CANDIDATES, _candidate)
TEAM = Query(_team)
PRESENT = Query(_present)
CHOSEN = Query(_chosen)
DESCRIBED = Query(_described)


async def of_organization(
    session: Session, organization: str, *, alive: Alive, assignable: frozenset[str]
) -> list[AgentRecord]:
    """The agents of an organisation, sorted by name, with their present availability.

    Args:
        assignable: The roles of agents to whom conversations may be assigned.
    """
    rows = await session.fetch(TEAM, org_id=organization)
    present = await session.fetch(PRESENT, org_id=organization, **alive.values)
    here = {row[0] for row in present}
    agents = (AGENT_ROWS.read(row, assignable=row[_ROLE] in assignable) for row in rows)
    return [
        msgspec.structs.replace(
            agent, availability=effective(agent.availability, present=agent.id in here)
        )
        for agent in agents
    ]


async def availability_of(
    session: Session, organization: str, agent_id: str, *, alive: Alive
) -> Availability | None:
    """The assigned agent as the visitor may see them. None for an unknown agent."""
    asked = ask_availability(session.engine, organization, agent_id, alive=alive)
    return read_availability(*await session.fetch_all(*asked))


def ask_availability(
    engine: Engine, organization: str, agent_id: str, *, alive: Alive
) -> tuple[Prepared, Prepared]:
    """What :func:`read_availability` reads the rows of."""
    agent = {"kind": SenderKind.AGENT.value, "participant_id": agent_id}
    return (
        CHOSEN.prepare(engine, {"org_id": organization, "agent_id": agent_id}),
        presence_queries.ONE.prepare(engine, {"org_id": organization, **agent, **alive.values}),
    )


def read_availability(chosen: Sequence[Row], present: Sequence[Row]) -> Availability | None:
    """An agent's availability; None for an unknown agent."""
    if not chosen:
        return None
    return effective(Availability(chosen[0][0]), present=bool(present))


async def described(session: Session, organization: str, external_id: str) -> Agent | None:
    """An agent as the host app described them last, by the host app's id."""
    rows = await session.fetch(DESCRIBED, org_id=organization, external_id=external_id)
    if not rows:
        return None
    external_id, name, avatar_url, email, role = rows[0]
    return Agent(
        id=external_id,
        name=name,
        avatar_url=avatar_url,
        email=email,
        role=role,
        organization=organization,
    )


WRITE_AGENTS = BulkInsert(
    tables.agents, keys=("org_id", "agent_id"), keep=("availability", "created_at")
)
