"""Agents and their availability."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.access.records import Availability
from campfire_chat.core.errors import NotFoundError
from campfire_chat.features.agents.permissions import (
    AGENTS_MANAGE,
    AGENTS_READ,
    AVAILABILITY_WRITE,
)
from campfire_chat.features.agents.records import AgentRecord
from campfire_chat.features.agents.roster import Roster
from campfire_chat.features.agents.service import AgentService
from campfire_chat.http.endpoints import Call, Cost, Endpoint, Reply
from campfire_chat.http.pagination import Page


class AvailabilityRecord(Struct, frozen=True, kw_only=True):
    availability: Availability


async def list_all(call: Call) -> Reply:
    return Reply(Page(await call.service(AgentService).list_all(call.actor)))


async def get_availability(call: Call) -> Reply:
    agent = await call.service(AgentService).get(call.actor, call.path["agent_id"])
    return Reply(AvailabilityRecord(availability=agent.availability))


async def set_availability(call: Call) -> Reply:
    body: AvailabilityRecord = call.body
    agent = await call.service(AgentService).set_availability(
        call.actor, call.path["agent_id"], body.availability
    )
    call.service(Roster).changed(call.actor.organization)
    return Reply(AvailabilityRecord(availability=agent.availability))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="list_agents",
        method="GET",
        path="/agents",
        permission=AGENTS_READ,
        handler=list_all,
        summary="List the agents of the organisation with their availability",
        returns={200: Page[AgentRecord]},
    ),
    Endpoint(
        operation="get_availability",
        method="GET",
        path="/agents/{agent_id}/availability",
        permission=AGENTS_READ,
        handler=get_availability,
        summary="Get the availability of an agent",
        returns={200: AvailabilityRecord},
        errors=(NotFoundError,),
    ),
    Endpoint(
        operation="set_availability",
        method="PUT",
        path="/agents/{agent_id}/availability",
        permission=(AVAILABILITY_WRITE, AGENTS_MANAGE),
        handler=set_availability,
        summary="Set the availability of an agent",
        body=AvailabilityRecord,
        returns={200: AvailabilityRecord},
        errors=(NotFoundError,),
        cost=Cost.WRITE,
    ),
)
