"""The stream of one agent."""

from __future__ import annotations

from campfire_chat.access.permissions import Access
from campfire_chat.ledger import streams
from campfire_chat.ledger.stream_access import OwnStream

#: What is an agent's own, such as their settings. Nobody else sees it.
AGENT = OwnStream(
    streams.AGENT,
    "<agent id>",
    Access.CALLER,
    lambda actor, agent_id: actor.is_agent and actor.principal.id == agent_id,
)
