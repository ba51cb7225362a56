"""Rows of teams to records, and back."""

from __future__ import annotations

from campfire_chat.database.codec import Codec
from campfire_chat.features.teams import tables
from campfire_chat.features.teams.records import TeamName, TeamRecord

TEAM_ROWS = Codec(
    tables.teams,
    TeamRecord,
    names={"id": "team_id"},
    added=("members",),
    given=("org_id", "name_key", "deleted_at"),
)
TEAM_NAME_ROWS = Codec(tables.teams, TeamName, names={"id": "team_id"})
