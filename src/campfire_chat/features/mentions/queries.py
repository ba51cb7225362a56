"""Reading and writing who is mentioned."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import BulkDelete, BulkInsert, Query
from campfire_chat.features.agents import queries as agent_queries
from campfire_chat.features.agents import tables as agent_tables
from campfire_chat.features.mentions import tables
from campfire_chat.features.mentions.records import Mention, MentionKind
from campfire_chat.features.teams import queries as team_queries
from campfire_chat.features.teams import tables as team_tables
from campfire_chat.features.teams.records import TeamName

_m = tables.mentions.c
_a = agent_tables.agents.c
_t = team_tables.teams.c


def _agents(_: Engine) -> ClauseElement:
    return (
        select(_m.mentioned_id, _a.name)
        .join_from(
            tables.mentions,
            agent_tables.agents,
            (_a.org_id == _m.org_id) & (_a.agent_id == _m.mentioned_id),
        )
        .where(_m.org_id == bindparam("org_id"), _m.message_id == bindparam("message_id"))
    )


def _teams(_: Engine) -> ClauseElement:
    return (
        select(_m.mentioned_id, _t.name)
        .join_from(
            tables.mentions,
            team_tables.teams,
            (_t.org_id == _m.org_id) & (_t.team_id == _m.mentioned_id),
        )
        .where(_m.org_id == bindparam("org_id"), _m.message_id == bindparam("message_id"))
    )


AGENTS = Query(_agents)
TEAMS = Query(_teams)
INSERT_MENTIONS = BulkInsert(tables.mentions)
DELETE_MENTIONS = BulkDelete(tables.mentions)


async def of_message(session: Session, organization: str, message_id: str) -> list[Mention]:
    """Whom a note mentions: agents, then teams, by name; with the names that they have now."""
    found: list[Mention] = []
    for kind, query in ((MentionKind.AGENT, AGENTS), (MentionKind.TEAM, TEAMS)):
        rows = await session.fetch(query, org_id=organization, message_id=message_id)
        some = [Mention(kind=kind, id=id, name=name) for id, name in rows]
        found += sorted(some, key=lambda one: (one.name.casefold(), one.id))
    return found


async def roles_of(session: Session, organization: str, ids: Iterable[str]) -> dict[str, str]:
    """The roles of the agents with those ids, by id. Ids that no agent has are left out."""
    keys = session.engine.list_value(sorted(ids))
    rows = await session.fetch(agent_queries.CANDIDATES, org_id=organization, keys=keys)
    found = map(agent_queries.ASSIGNEES.read, rows)
    return {agent_id: candidate.role for agent_id, candidate in found}


async def teams_among(
    session: Session, organization: str, ids: Iterable[str]
) -> dict[str, TeamName]:
    """The teams with those ids, by id."""
    keys = session.engine.list_value(sorted(ids))
    rows = await session.fetch(team_queries.NAMES, org_id=organization, keys=keys)
    return dict(map(team_queries.TEAM_NAMES.read, rows))
