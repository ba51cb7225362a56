"""Teams, for the API."""

from __future__ import annotations

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.core.errors import NotFoundError
from campfire_chat.features.teams import queries
from campfire_chat.features.teams.operations import (
    Changes,
    ChangeTeam,
    CreateTeam,
    DeleteTeam,
    Draft,
)
from campfire_chat.features.teams.permissions import TEAMS_MANAGE, TEAMS_READ
from campfire_chat.features.teams.records import TeamRecord
from campfire_chat.ledger.storage import Storage


class TeamService:
    """See the module."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def list_all(self, actor: Actor) -> list[TeamRecord]:
        """The teams of the organisation, by name.

        Raises:
            ForbiddenError: The caller may not see teams.
        """
        require(actor, TEAMS_READ)
        return await self._storage.read(lambda session: queries.all_of(session, actor.organization))

    async def get(self, actor: Actor, team_id: str) -> TeamRecord:
        """
        Raises:
            ForbiddenError: The caller may not see teams.
            NotFoundError: There is no such team.
        """
        require(actor, TEAMS_READ)
        found = await self._storage.read(
            lambda session: queries.find(session, actor.organization, team_id)
        )
        if found is None:
            raise NotFoundError("There is no such team.")
        return found

    async def create(self, actor: Actor, draft: Draft) -> TeamRecord:
        """
        Raises:
            ForbiddenError: The caller may not manage teams.
            InvalidError: A member is no agent.
            TeamNameTakenError: Another team has the name.
            TooManyTeamsError: There is no room for one more.
        """
        require(actor, TEAMS_MANAGE)
        return await self._storage.submit(CreateTeam(actor, draft))

    async def change(self, actor: Actor, team_id: str, changes: Changes) -> TeamRecord:
        """
        Raises:
            ForbiddenError: The caller may not manage teams.
            InvalidError: A new member is no agent.
            NotFoundError: There is no such team.
            TeamNameTakenError: Another team has the name.
        """
        require(actor, TEAMS_MANAGE)
        return await self._storage.submit(ChangeTeam(actor, team_id, changes))

    async def delete(self, actor: Actor, team_id: str) -> TeamRecord:
        """
        Raises:
            ForbiddenError: The caller may not manage teams.
            NotFoundError: There is no such team.
        """
        require(actor, TEAMS_MANAGE)
        return await self._storage.submit(DeleteTeam(actor, team_id))
