"""Teams, for the code of the host app."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from campfire_chat.features.teams.records import TeamRecord
from campfire_chat.http.in_process import InProcess
from campfire_chat.http.pagination import Page


class TeamsApi:
    """What one caller may do with teams."""

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller

    async def list(self) -> Page[TeamRecord]:
        """The teams of the organisation, by name, with their members."""
        return await self._caller.call("list_teams")

    async def get(self, team_id: str) -> TeamRecord:
        """
        Raises:
            NotFoundError: There is no such team.
        """
        return await self._caller.call("get_team", path={"team_id": team_id})

    async def create(
        self, name: str, *, description: str = "", members: Sequence[str] = ()
    ) -> TeamRecord:
        """Create a team.

        Args:
            name: One line of 1 to 60 characters. Two teams cannot have the same.
            description: What the team does, one line of at most 300 characters.
            members: The ``agt_…`` ids of its agents, at most 200.

        Raises:
            ForbiddenError: The caller may not manage teams.
            InvalidError: A value is refused, or a member is no agent.
            TeamNameTakenError: Another team has the name.
            TooManyTeamsError: There are 100 teams.
        """
        return await self._caller.call(
            "create_team",
            body={"name": name, "description": description, "members": [*members]},
        )

    async def change(
        self,
        team_id: str,
        *,
        name: str | UnsetType = UNSET,
        description: str | UnsetType = UNSET,
        members: Sequence[str] | UnsetType = UNSET,
    ) -> TeamRecord:
        """Change a team. What is left out stays as it is.

        Args:
            members: All agents who are in it then.

        Raises:
            ForbiddenError: The caller may not manage teams.
            InvalidError: A value is refused, or a new member is no agent.
            NotFoundError: There is no such team.
            TeamNameTakenError: Another team has the name.
        """
        return await self._caller.call(
            "change_team",
            path={"team_id": team_id},
            body={
                "name": name,
                "description": description,
                "members": UNSET if isinstance(members, UnsetType) else [*members],
            },
        )

    async def delete(self, team_id: str) -> TeamRecord:
        """Delete a team, and return what it was.

        Raises:
            ForbiddenError: The caller may not manage teams.
            NotFoundError: There is no such team.
        """
        return await self._caller.call("delete_team", path={"team_id": team_id})
