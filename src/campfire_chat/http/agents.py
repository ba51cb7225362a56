"""Agents and their availability."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.http.endpoints import Call, Reply
from campfire_chat.http.pages import Page
from campfire_chat.models import Availability


class AvailabilityRecord(Struct, frozen=True, kw_only=True):
    availability: Availability


async def list_all(call: Call) -> Reply:
    return Reply(Page(await call.store.team.list_all(call.scope)))


async def get_availability(call: Call) -> Reply:
    agent = await call.store.team.get(call.scope, call.path["agent_id"])
    return Reply(AvailabilityRecord(availability=agent.availability))


async def set_availability(call: Call) -> Reply:
    body: AvailabilityRecord = call.body
    agent = await call.store.team.set_availability(
        call.scope, call.path["agent_id"], body.availability
    )
    call.services.watch.team_changed(call.scope.organization)
    return Reply(AvailabilityRecord(availability=agent.availability))
