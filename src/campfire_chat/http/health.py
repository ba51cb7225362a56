"""For the load balancer: is it alive, may it be sent work."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from campfire_chat.errors import StorageUnavailableError, UnavailableError
from campfire_chat.http.endpoints import Call, Reply


class Health(Struct, frozen=True, kw_only=True):
    status: Literal["ok"] = "ok"


class Readiness(Health, frozen=True, kw_only=True):
    """Ready to be sent work.

    Attributes:
        bus: Whether other processes are heard at once; while the bus is ill their news is late.
        warnings: What somebody should look at, although it keeps nothing from working.
    """

    bus: Literal["ok", "ill"]
    warnings: list[str]


async def live(call: Call) -> Reply:
    return Reply(Health())


async def ready(call: Call) -> Reply:
    if call.services.gateway.draining:
        raise UnavailableError("The service is restarting.", retry_after=1.0)
    if not call.store.healthy:
        raise StorageUnavailableError(retry_after=1.0)
    bus = call.services.bus
    warnings = list(call.services.neighbours.warnings)
    if not bus.well:
        warnings.append(f"the bus ({bus.kind}) is ill; news from other processes is late")
    return Reply(Readiness(bus="ok" if bus.well else "ill", warnings=warnings))
