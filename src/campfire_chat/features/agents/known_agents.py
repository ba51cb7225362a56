"""Agents who sign in are stored as the host app describes them, each once in a while."""

from __future__ import annotations

import asyncio
import time

from campfire_chat.access.actor import Actor, Principal
from campfire_chat.feature import Service
from campfire_chat.features.agents.service import AgentService

#: Seconds after which an agent who connects is stored again.
KNOWN_FOR = 600.0


class KnownAgents(Service):
    """See the module."""

    def __init__(self, agents: AgentService) -> None:
        self._agents = agents
        #: The agents as the host app described them, and when. The oldest come first.
        self._known: dict[tuple[str, str], tuple[Principal, float]] = {}
        self._under_way: dict[tuple[tuple[str, str], Principal], asyncio.Future[None]] = {}

    async def let_in(self, actor: Actor) -> None:
        """Store an agent as the host app describes them, if this process has not done so yet."""
        principal = actor.principal
        key = (actor.organization, principal.id)
        if not actor.is_agent or self._knows(key, principal):
            return
        # An agent with twenty tabs reconnects with all of them at once. Storing once is enough.
        writing = self._under_way.get((key, principal))
        if writing is None:
            writing = asyncio.ensure_future(self._agents.remember(actor))
            self._under_way[key, principal] = writing
            writing.add_done_callback(lambda _: self._under_way.pop((key, principal)))
        await asyncio.shield(writing)
        self._known.pop(key, None)
        self._known[key] = (principal, time.monotonic())

    def _knows(self, key: tuple[str, str], principal: Principal) -> bool:
        """Whether an agent was stored like this lately. Also drops old entries."""
        since = time.monotonic() - KNOWN_FOR
        known = self._known
        while known and (oldest := next(iter(known.items())))[1][1] < since:
            del known[oldest[0]]
        found = known.get(key)
        return found is not None and found[0] == principal
