"""Rows of agents to records."""

from __future__ import annotations

from campfire_chat.access.records import Availability
from campfire_chat.database.prepared import Row
from campfire_chat.features.agents.records import AgentRecord


def agent_of(row: Row, availability: Availability, *, assignable: bool) -> AgentRecord:
    agent_id, external_id, name, avatar_url, role, _ = row
    return AgentRecord(
        id=agent_id,
        external_id=external_id,
        name=name,
        avatar_url=avatar_url,
        role=role,
        availability=availability,
        assignable=assignable,
    )
