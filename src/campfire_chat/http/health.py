"""For the load balancer: is it alive, may it be sent work."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from campfire_chat.errors import StorageUnavailableError, UnavailableError
from campfire_chat.http.endpoints import Call, Reply


class Health(Struct, frozen=True, kw_only=True):
    status: Literal["ok"] = "ok"


async def live(call: Call) -> Reply:
    return Reply(Health())


async def ready(call: Call) -> Reply:
    if call.services.gateway.draining:
        raise UnavailableError("The service is restarting.", retry_after=1.0)
    if not call.store.healthy:
        raise StorageUnavailableError(retry_after=1.0)
    return Reply(Health())
