"""Telling agents, and marking what they have dealt with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from sqlalchemy import update

from campfire_chat.access.actor import Actor, system_actor
from campfire_chat.access.policy import require
from campfire_chat.features.agents.streams import AGENT
from campfire_chat.features.notifications import queries
from campfire_chat.features.notifications.events import (
    NOTIFICATION_CREATED,
    NOTIFICATIONS_READ_EVENT,
    NotificationCreated,
    NotificationsRead,
)
from campfire_chat.features.notifications.permissions import NOTIFICATIONS_READ
from campfire_chat.features.notifications.queries import Known, Unread
from campfire_chat.features.notifications.rules import Dealt, Due
from campfire_chat.features.notifications.tables import notifications
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction

_n = notifications.c

#: The name under which notifications keep their position in the feed.
CONSUMER: Final = "notifications"
#: Ids in one statement.
AT_ONCE: Final = 500


class Telling(NamedTuple):
    """A notification that is due for an agent who is known.

    Attributes:
        access_labels: Those of the conversation, sorted.
    """

    agent_id: str
    due: Due
    access_labels: list[str]


def is_new(due: Due, before: Known | None) -> bool:
    """Whether it tells something.

    What is unread stays as it is: it leads to the first thing that the agent has not seen. What is
    as old as what was read has been told already.
    """
    return before is None or (before.read_at is not None and before.at < due.at)


def is_dealt_with(one: Unread, dealt: Collection[Dealt]) -> bool:
    """Whether one of these acts of the same agent has dealt with it."""
    return any(
        act.conversation_id == one.conversation_id and one.kind in act.kinds and one.at <= act.at
        for act in dealt
    )


class Tell(Operation[None]):
    """Tell agents of something, and mark what they have dealt with.

    Doing it again changes nothing.
    """

    def __init__(
        self, organization: str, telling: Sequence[Telling], dealt: Sequence[Dealt]
    ) -> None:
        super().__init__(system_actor(organization))
        self._telling = telling
        self._dealt = dealt
        self.size += 300 * (len(telling) + len(dealt))

    async def run(self, transaction: Transaction) -> None:
        for agent_id in sorted({one.agent_id for one in self._dealt}):
            await self._mark(transaction, agent_id)
        for agent_id in sorted({one.agent_id for one in self._telling}):
            await self._tell(transaction, agent_id)

    async def _mark(self, transaction: Transaction, agent_id: str) -> None:
        dealt = [one for one in self._dealt if one.agent_id == agent_id]
        about = sorted({one.conversation_id for one in dealt})
        there = await queries.unread(transaction.session, self.organization, agent_id, about)
        done = [one for one in there if is_dealt_with(one, dealt)]
        await mark(transaction, self.organization, agent_id, done)

    async def _tell(self, transaction: Transaction, agent_id: str) -> None:
        wanted = {one.due.id: one for one in self._telling if one.agent_id == agent_id}
        session = transaction.session
        known = await queries.known(session, self.organization, agent_id, sorted(wanted))
        for id, one in wanted.items():
            if not is_new(one.due, known.get(id)):
                continue
            transaction.insert(queries.WRITE, queries.row_of(self.organization, agent_id, one.due))
            data = NotificationCreated(
                id=id,
                kind=one.due.kind,
                conversation_id=one.due.conversation_id,
                access_labels=one.access_labels,
            )
            transaction.tell_stream(
                self.organization, AGENT.name(agent_id), NOTIFICATION_CREATED, data
            )


class MarkRead(Operation[None]):
    """Mark notifications of the caller as read.

    Args:
        conversation_id: Those of this conversation; None for all.
        until: Only those from then or before, in microseconds since 1970; None for all.
    """

    def __init__(self, actor: Actor, conversation_id: str | None, until: int | None) -> None:
        super().__init__(actor)
        self._conversation_id = conversation_id
        self._until = until

    async def run(self, transaction: Transaction) -> None:
        require(self.actor, NOTIFICATIONS_READ)
        agent_id = self.actor.principal.id
        about = None if self._conversation_id is None else [self._conversation_id]
        # What the caller does not see now stays unread, in case that changes.
        there = await queries.unread(
            *(transaction.session, self.organization, agent_id, about), seen_by=self.actor
        )
        done = [one for one in there if self._until is None or one.at <= self._until]
        await mark(transaction, self.organization, agent_id, done)


async def mark(
    transaction: Transaction, organization: str, agent_id: str, done: Sequence[Unread]
) -> None:
    """Mark notifications of an agent as read, and tell the agent's other devices."""
    if not done:
        return
    ids = [one.id for one in done]
    for first in range(0, len(ids), AT_ONCE):
        await transaction.session.execute(
            update(notifications)
            .where(
                _n.org_id == organization,
                _n.agent_id == agent_id,
                _n.notification_id.in_(ids[first : first + AT_ONCE]),
            )
            .values(read_at=transaction.now)
        )
    transaction.tell_stream(
        organization, AGENT.name(agent_id), NOTIFICATIONS_READ_EVENT, NotificationsRead()
    )
