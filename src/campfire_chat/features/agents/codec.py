"""Rows of agents to records."""

from __future__ import annotations

from campfire_chat.database.codec import Codec
from campfire_chat.features.agents import tables
from campfire_chat.features.agents.records import AgentRecord, Assignee

#: The availability is the one that they chose, whether they are connected or not.
AGENT_ROWS = Codec(tables.agents, AgentRecord, names={"id": "agent_id"}, added=("assignable",))
ASSIGNEE_ROWS = Codec(tables.agents, Assignee, names={"id": "agent_id"})
