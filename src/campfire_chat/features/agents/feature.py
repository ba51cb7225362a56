"""Agents as a feature."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.agents.endpoints import ENDPOINTS
from campfire_chat.features.agents.events import EVENTS
from campfire_chat.features.agents.known_agents import KnownAgents
from campfire_chat.features.agents.roster import Roster
from campfire_chat.features.agents.service import AgentService
from campfire_chat.features.agents.settings import SETTINGS
from campfire_chat.features.agents.streams import AGENT
from campfire_chat.features.conversations.service import ConversationService
from campfire_chat.features.presence.beats import Beats
from campfire_chat.features.presence.service import PresenceService


def _services(parts: Parts) -> Iterable[object]:
    presence = parts.services[PresenceService]
    agents = AgentService(parts.storage, presence, parts.roles)
    yield agents
    yield KnownAgents(agents)
    beats = parts.services[Beats]
    roster = Roster(
        agents=agents,
        presence=presence,
        conversations=parts.services[ConversationService],
        hub=parts.hub,
        bus=parts.bus,
        organizations=beats.organizations,
        interval=parts.settings.presence_beat / 4,
    )
    beats.on_agents = roster.changed
    yield roster


AGENTS = Feature(
    "agents",
    streams=(AGENT,),
    events=EVENTS,
    endpoints=ENDPOINTS,
    settings=SETTINGS,
    services=_services,
)
