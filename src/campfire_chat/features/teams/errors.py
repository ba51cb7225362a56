"""What may be wrong with a team."""

from __future__ import annotations

from campfire_chat.core.errors import CampfireError


class TeamNameTakenError(CampfireError):
    """Another team has this name."""

    code = "team_name_taken"
    status = 409


class TooManyTeamsError(CampfireError):
    """There are as many teams as there may be. Delete one first."""

    code = "too_many_teams"
    status = 409
