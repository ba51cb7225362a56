"""Storing agents, and what they choose."""

from __future__ import annotations

from sqlalchemy import select, update

from campfire_chat.access.actor import NAMELESS, Actor
from campfire_chat.access.policy import require
from campfire_chat.access.records import Availability
from campfire_chat.core.errors import NotFoundError
from campfire_chat.features.agents import queries, tables
from campfire_chat.features.agents.events import AVAILABILITY_CHANGED, AvailabilityChanged
from campfire_chat.features.agents.permissions import AGENTS_MANAGE, AVAILABILITY_WRITE
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction

_a = tables.agents.c


def require_setter(actor: Actor, agent_id: str) -> None:
    """
    Raises:
        ForbiddenError: The caller may not set the availability of that agent.
    """
    require(actor, AVAILABILITY_WRITE if agent_id == actor.principal.id else AGENTS_MANAGE)


class RememberAgent(Operation[None]):
    """Store an agent as the host app describes them now.

    Rows of agents are written under the lock of the inbox, as by those operations that tell the
    inbox of an agent. So no two transactions wait for each other.

    Args:
        actor: The caller.
        agent: The agent, as an actor; None: the caller.
    """

    def __init__(self, actor: Actor, agent: Actor | None = None) -> None:
        super().__init__(actor)
        self._agent = agent or actor

    async def run(self, transaction: Transaction) -> None:
        principal = self._agent.principal
        row = (
            self.organization,
            principal.id,
            principal.external_id or principal.id,
            principal.name or NAMELESS,
            principal.avatar_url,
            principal.email,
            principal.role or "",
            Availability.ONLINE.value,
            transaction.now,
        )
        transaction.altered.add(principal.id)
        await transaction.session.write(queries.WRITE_AGENTS, [row])


class SetAvailability(Operation[None]):
    """Set an availability: one's own, or a colleague's, which needs a permission of its own."""

    def __init__(self, actor: Actor, agent_id: str, availability: Availability) -> None:
        super().__init__(actor)
        self._agent_id = agent_id
        self._availability = availability

    async def run(self, transaction: Transaction) -> None:
        require_setter(self.actor, self._agent_id)
        mine = (_a.org_id == self.organization) & (_a.agent_id == self._agent_id)
        found = await transaction.session.first(select(_a.availability).where(mine))
        if found is None:
            raise NotFoundError("There is no such agent.")
        previous = Availability(found["availability"])
        if previous is self._availability:
            return
        await transaction.session.execute(
            update(tables.agents).where(mine).values(availability=self._availability.value)
        )
        transaction.tell_inbox(
            self.organization,
            AVAILABILITY_CHANGED,
            AvailabilityChanged(
                id=self._agent_id,
                availability=self._availability,
                previous=previous,
                actor=self.actor.principal.participant,
            ),
        )
