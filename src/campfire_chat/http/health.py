"""For the load balancer: does the process live, and can it take requests?"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from campfire_chat.access.permissions import Access
from campfire_chat.core.errors import StorageUnavailableError, UnavailableError
from campfire_chat.http.endpoints import Call, Cost, Endpoint, Reply


class Health(Struct, frozen=True, kw_only=True):
    status: Literal["ok"] = "ok"


class Readiness(Health, frozen=True, kw_only=True):
    """The process can take requests.

    Attributes:
        bus: ``ill`` while the bus does not work. Messages from other processes are then late.
        warnings: What works, but needs the attention of the operator.
    """

    bus: Literal["ok", "ill"]
    warnings: list[str]


async def live(call: Call) -> Reply:
    return Reply(Health())


async def ready(call: Call) -> Reply:
    if call.context.gateway.draining.announced:
        raise UnavailableError("The service is restarting.", retry_after=1.0)
    if not call.storage.healthy:
        raise StorageUnavailableError(retry_after=1.0)
    bus = call.context.bus
    warnings = list(call.context.peers.warnings)
    if not bus.well:
        warnings.append(f"the bus ({bus.kind}) is ill; messages from other processes arrive late")
    return Reply(Readiness(bus="ok" if bus.well else "ill", warnings=warnings))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="health_live",
        method="GET",
        path="/health/live",
        permission=Access.PUBLIC,
        handler=live,
        summary="Whether the process answers",
        returns={200: Health},
        cost=Cost.FREE,
    ),
    Endpoint(
        operation="health_ready",
        method="GET",
        path="/health/ready",
        permission=Access.PUBLIC,
        handler=ready,
        summary="Whether the process can take requests",
        returns={200: Readiness},
        errors=(StorageUnavailableError, UnavailableError),
        cost=Cost.FREE,
    ),
)
