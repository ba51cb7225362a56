"""Agents and their availability."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from campfire_chat.access.actor import MAX_NAME, MAX_URL
from campfire_chat.access.records import Agent, Availability, Role
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


class AgentPut(Struct, frozen=True, kw_only=True):
    """A user of the host app, as the host app describes them."""

    name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
    avatar_url: Annotated[str, Meta(max_length=MAX_URL)] | None = None
    email: Annotated[str, Meta(max_length=MAX_NAME)] | None = None
    role: Annotated[str, Meta(max_length=64)] = Role.AGENT.value


async def put(call: Call) -> Reply:
    body: AgentPut = call.body
    agent = Agent(
        id=call.path["external_id"],
        name=body.name,
        avatar_url=body.avatar_url,
        email=body.email,
        role=body.role,
        organization=call.actor.organization,
    )
    record = await call.service(AgentService).put(call.actor, agent)
    call.service(Roster).changed(call.actor.organization)
    return Reply(record)


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
        operation="put_agent",
        method="PUT",
        path="/agents/{external_id}",
        permission=AGENTS_MANAGE,
        handler=put,
        summary="Store a user of the host app as an agent, by the host app's id",
        body=AgentPut,
        returns={200: AgentRecord},
        cost=Cost.WRITE,
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
