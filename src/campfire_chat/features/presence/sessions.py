"""The sessions of agents: they begin with a first connection, and end some time after the last.

Sessions are written under the lock of the inbox, which tells of each beginning and each end. So
however many processes find that a session is over, one of them ends it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from campfire_chat.access.actor import Actor
from campfire_chat.core.clock import rfc3339
from campfire_chat.features.presence import session_queries, statements
from campfire_chat.features.presence.events import (
    SESSION_ENDED,
    SESSION_STARTED,
    SessionEnded,
    SessionStarted,
)
from campfire_chat.features.presence.operations import Beat, WritePresence
from campfire_chat.features.presence.queries import Alive
from campfire_chat.features.presence.rules import AgentSession
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction


class MoveAgents(WritePresence):
    """Agents have connected to a process, or closed their last connection to it.

    Args:
        alive: The beats of those who have connected.
        gone: The beats of the others.
        grace: Microseconds.
    """

    appends = True

    def __init__(
        self,
        actor: Actor,
        *,
        node_id: str,
        alive: Sequence[Beat] = (),
        gone: Sequence[Beat] = (),
        grace: int,
    ) -> None:
        super().__init__(actor, node_id=node_id, alive=alive, gone=gone)
        self._grace = grace

    async def run(self, transaction: Transaction) -> None:
        came = [beat.participant.id for beat in self.alive]
        left = [beat.participant.id for beat in self.gone]
        # First, because a beat from before is lost when the present one is written.
        going_on = await _end_those_over(
            transaction, self.organization, sorted({*came, *left}), self._grace
        )
        await super().run(transaction)
        now = transaction.now
        for agent_id in came:
            if agent_id not in going_on:
                _write(transaction, self.organization, AgentSession(agent_id, now))
                transaction.tell_inbox(
                    self.organization,
                    SESSION_STARTED,
                    SessionStarted(id=agent_id, started_at=rfc3339(now)),
                )
        for agent_id in left:
            if (one := going_on.get(agent_id)) is not None:
                _write(transaction, self.organization, AgentSession(agent_id, one.started_at, now))


class EndSessions(Operation[None]):
    """End the sessions of these agents, unless one of them has come back.

    Args:
        grace: Microseconds.
    """

    def __init__(self, actor: Actor, agent_ids: Sequence[str], grace: int) -> None:
        super().__init__(actor)
        self._agent_ids = agent_ids
        self._grace = grace

    async def run(self, transaction: Transaction) -> None:
        await _end_those_over(transaction, self.organization, self._agent_ids, self._grace)


async def _end_those_over(
    transaction: Transaction, organization: str, agent_ids: Sequence[str], grace: int
) -> Mapping[str, AgentSession]:
    """End the sessions of these agents that are over, and return those that go on."""
    session, now = transaction.session, transaction.now
    going_on: dict[str, AgentSession] = {}
    over: dict[str, SessionEnded] = {}
    for one in await session_queries.open_sessions(session, organization, agent_ids):
        ended_at = one.end(now, grace)
        if ended_at is None:
            going_on[one.agent_id] = one
        else:
            over[one.agent_id] = SessionEnded(
                id=one.agent_id, started_at=rfc3339(one.started_at), ended_at=rfc3339(ended_at)
            )
    if over:
        recent = Alive(now - grace, now + grace)
        await session_queries.end(session, organization, list(over), recent)
        for agent_id in sorted(over):
            transaction.tell_inbox(organization, SESSION_ENDED, over[agent_id])
    return going_on


def _write(transaction: Transaction, organization: str, one: AgentSession) -> None:
    row = (organization, one.agent_id, one.started_at, one.left_at)
    transaction.upsert(statements.WRITE_SESSIONS, row[:2], row)
