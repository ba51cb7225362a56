"""The endpoints of teams."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from campfire_chat.core.errors import InvalidError, InvalidTextError, NotFoundError
from campfire_chat.features.teams import rules
from campfire_chat.features.teams.errors import TeamNameTakenError, TooManyTeamsError
from campfire_chat.features.teams.operations import Changes, Draft
from campfire_chat.features.teams.permissions import TEAMS_MANAGE, TEAMS_READ
from campfire_chat.features.teams.records import TeamRecord
from campfire_chat.features.teams.service import TeamService
from campfire_chat.http.endpoints import Call, Cost, Endpoint, Reply
from campfire_chat.http.pagination import Page

_Members = Annotated[list[str], Meta(description="The ids of all agents who are in it")]


class NewTeam(Struct, frozen=True, kw_only=True):
    """A team to create.

    Attributes:
        name: One line of 1 to 60 characters.
        description: One line of at most 300 characters.
        members: At most 200.
    """

    name: str
    description: str = ""
    members: _Members = []


class TeamChanges(Struct, frozen=True, kw_only=True):
    """What is to change. What is left out stays."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    members: _Members | UnsetType = UNSET


async def list_all(call: Call) -> Reply:
    return Reply(Page(await call.service(TeamService).list_all(call.actor)))


async def create(call: Call) -> Reply:
    body: NewTeam = call.body
    draft = Draft(
        name=rules.check_name(body.name),
        description=rules.check_description(body.description),
        members=rules.check_members(body.members),
    )
    return Reply(await call.service(TeamService).create(call.actor, draft), 201)


async def get(call: Call) -> Reply:
    return Reply(await call.service(TeamService).get(call.actor, call.path["team_id"]))


async def change(call: Call) -> Reply:
    body: TeamChanges = call.body
    changes = Changes(
        name=UNSET if body.name is UNSET else rules.check_name(body.name),
        description=(
            UNSET if body.description is UNSET else rules.check_description(body.description)
        ),
        members=UNSET if body.members is UNSET else rules.check_members(body.members),
    )
    service = call.service(TeamService)
    return Reply(await service.change(call.actor, call.path["team_id"], changes))


async def delete(call: Call) -> Reply:
    return Reply(await call.service(TeamService).delete(call.actor, call.path["team_id"]))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="list_teams",
        method="GET",
        path="/teams",
        permission=TEAMS_READ,
        handler=list_all,
        summary="List the teams of the organisation with their members",
        returns={200: Page[TeamRecord]},
    ),
    Endpoint(
        operation="create_team",
        method="POST",
        path="/teams",
        permission=TEAMS_MANAGE,
        handler=create,
        summary="Create a team",
        body=NewTeam,
        returns={201: TeamRecord},
        errors=(InvalidError, InvalidTextError, TeamNameTakenError, TooManyTeamsError),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="get_team",
        method="GET",
        path="/teams/{team_id}",
        permission=TEAMS_READ,
        handler=get,
        summary="Get a team",
        returns={200: TeamRecord},
        errors=(NotFoundError,),
    ),
    Endpoint(
        operation="change_team",
        method="PATCH",
        path="/teams/{team_id}",
        permission=TEAMS_MANAGE,
        handler=change,
        summary="Change the name, the description or the members of a team",
        body=TeamChanges,
        returns={200: TeamRecord},
        errors=(NotFoundError, InvalidError, InvalidTextError, TeamNameTakenError),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="delete_team",
        method="DELETE",
        path="/teams/{team_id}",
        permission=TEAMS_MANAGE,
        handler=delete,
        summary="Delete a team",
        returns={200: TeamRecord},
        errors=(NotFoundError,),
        cost=Cost.WRITE,
    ),
)
