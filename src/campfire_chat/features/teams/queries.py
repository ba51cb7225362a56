"""Reading and writing teams and who is in them. Deleted teams are left out, unless said so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.prepared import Row
from campfire_chat.database.statement import BulkDelete, BulkInsert, Query
from campfire_chat.features.teams import tables
from campfire_chat.features.teams.codec import TEAM_NAME_ROWS, TEAM_ROWS
from campfire_chat.features.teams.records import TeamName, TeamRecord
from campfire_chat.ledger.lookups import Lookup

_t = tables.teams.c
_m = tables.team_members.c
_ID = TEAM_ROWS.position("team_id")


def _teams(_: Engine) -> ClauseElement:
    return (
        TEAM_ROWS.select()
        .where(_t.org_id == bindparam("org_id"), _t.deleted_at.is_(None))
        .order_by(_t.name_key)
    )


def _one(_: Engine) -> ClauseElement:
    return TEAM_ROWS.select().where(
        _t.org_id == bindparam("org_id"),
        _t.team_id == bindparam("team_id"),
        _t.deleted_at.is_(None),
    )


def _named(_: Engine) -> ClauseElement:
    return select(_t.team_id).where(
        _t.org_id == bindparam("org_id"), _t.name_key == bindparam("name_key")
    )


def _members(engine: Engine) -> ClauseElement:
    return (
        select(_m.team_id, _m.agent_id)
        .where(engine.among(_m.org_id, _m.team_id, "teams"))
        .order_by(_m.team_id, _m.agent_id)
    )


def _names(engine: Engine) -> ClauseElement:
    return TEAM_NAME_ROWS.select().where(
        engine.among(_t.org_id, _t.team_id, "keys"), _t.deleted_at.is_(None)
    )


def _name(row: Row) -> tuple[str, TeamName]:
    found = TEAM_NAME_ROWS.read(row)
    return found.id, found


TEAMS = Query(_teams)
ONE = Query(_one)
NAMED = Query(_named)
MEMBERS = Query(_members)
NAMES = Query(_names)
#: The names of teams by their ids.
TEAM_NAMES = Lookup(NAMES, _name)

WRITE_TEAMS = BulkInsert(tables.teams, keys=("org_id", "team_id"), keep=("created_at",))
INSERT_MEMBERS = BulkInsert(tables.team_members)
DELETE_MEMBERS = BulkDelete(tables.team_members)


async def all_of(session: Session, organization: str) -> list[TeamRecord]:
    """The teams of an organisation, by name."""
    return await _with_members(
        session, organization, await session.fetch(TEAMS, org_id=organization)
    )


async def find(session: Session, organization: str, team_id: str) -> TeamRecord | None:
    rows = await session.fetch(ONE, org_id=organization, team_id=team_id)
    return next(iter(await _with_members(session, organization, rows)), None)


async def id_of(session: Session, organization: str, name_key: str) -> str | None:
    """The id of the team whose name has that key."""
    rows = await session.fetch(NAMED, org_id=organization, name_key=name_key)
    return rows[0][0] if rows else None


async def members_of(
    session: Session, organization: str, team_ids: Iterable[str]
) -> dict[str, list[str]]:
    """The agents of teams, by the ids of the teams. A team without agents is left out."""
    teams = session.engine.list_value(list(team_ids))
    found: dict[str, list[str]] = {}
    for team_id, agent_id in await session.fetch(MEMBERS, org_id=organization, teams=teams):
        found.setdefault(team_id, []).append(agent_id)
    return found


async def _with_members(
    session: Session, organization: str, rows: Sequence[Row]
) -> list[TeamRecord]:
    if not rows:
        return []
    members = await members_of(session, organization, (row[_ID] for row in rows))
    return [TEAM_ROWS.read(row, members=members.get(row[_ID], [])) for row in rows]
