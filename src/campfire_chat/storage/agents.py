"""Agents: users of the host app as they are stored, and the availability that they chose."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.domain.availability import effective
from campfire_chat.domain.principal import NAMELESS, Scope
from campfire_chat.errors import ForbiddenError, NotFoundError
from campfire_chat.models import AgentRecord, Assignee, Availability, Role, SenderKind
from campfire_chat.storage import presence, statements, tables
from campfire_chat.storage.dialects import Engine
from campfire_chat.storage.lanes import Session
from campfire_chat.storage.operations import Operation
from campfire_chat.storage.presence import CONNECTED
from campfire_chat.storage.records import agent_of
from campfire_chat.storage.statement import Query
from campfire_chat.storage.transaction import Transaction

_a = tables.agents.c
_p = tables.presence.c


def _team(_: Engine) -> ClauseElement:
    return (
        select(_a.agent_id, _a.external_id, _a.name, _a.avatar_url, _a.role, _a.availability)
        .where(_a.org_id == bindparam("org_id"))
        .order_by(_a.name, _a.agent_id)
    )


def _present(_: Engine) -> ClauseElement:
    return (
        select(_p.participant_id)
        .where(
            _p.org_id == bindparam("org_id"),
            _p.place == CONNECTED,
            _p.participant_kind == SenderKind.AGENT.value,
            _p.beat_at >= bindparam("alive_since", type_=_p.beat_at.type),
        )
        .distinct()
    )


def _chosen(_: Engine) -> ClauseElement:
    return select(_a.availability).where(
        _a.org_id == bindparam("org_id"), _a.agent_id == bindparam("agent_id")
    )


TEAM = Query(_team)
PRESENT = Query(_present)
CHOSEN = Query(_chosen)


async def list_all(session: Session, scope: Scope, *, alive_since: int) -> list[AgentRecord]:
    """The agents of the organisation, sorted by name, with their present availability.

    Raises:
        ForbiddenError: The caller is not an agent.
    """
    scope.require_agent()
    return await of_organization(session, scope.organization, alive_since=alive_since)


async def of_organization(
    session: Session, organization: str, *, alive_since: int
) -> list[AgentRecord]:
    """:func:`list_all` without a scope, for the hub and for the availability of the team."""
    rows = await session.fetch(TEAM, org_id=organization)
    present = await session.fetch(PRESENT, org_id=organization, alive_since=alive_since)
    alive = {row[0] for row in present}
    return [
        agent_of(row, effective(Availability(row[-1]), present=row[0] in alive)) for row in rows
    ]


async def availability_of(
    session: Session, organization: str, agent_id: str, *, alive_since: int
) -> Availability | None:
    """The assigned agent as the visitor may see them. None for an unknown agent."""
    rows = await session.fetch(CHOSEN, org_id=organization, agent_id=agent_id)
    if not rows:
        return None
    present = await presence.is_present(
        session, organization, SenderKind.AGENT, agent_id, alive_since=alive_since
    )
    return effective(Availability(rows[0][0]), present=present)


async def get(session: Session, scope: Scope, agent_id: str, *, alive_since: int) -> AgentRecord:
    """
    Raises:
        ForbiddenError: The caller is not an agent.
        NotFoundError: The organisation has no such agent.
    """
    for agent in await list_all(session, scope, alive_since=alive_since):
        if agent.id == agent_id:
            return agent
    raise NotFoundError("There is no such agent.")


async def assignee(session: Session, scope: Scope, agent_id: str) -> Assignee | None:
    """An agent of the organisation to whom conversations may be assigned."""
    row = await session.first(
        select(_a.agent_id, _a.name, _a.avatar_url).where(
            _a.org_id == scope.organization,
            _a.agent_id == agent_id,
            _a.role != Role.VIEWER.value,
        )
    )
    if row is None:
        return None
    return Assignee(id=row["agent_id"], name=row["name"], avatar_url=row["avatar_url"])


class RememberAgent(Operation[None]):
    """Store the calling agent as the host app describes them now."""

    async def run(self, transaction: Transaction) -> None:
        principal = self.scope.principal
        row = (
            self.organization,
            principal.id,
            principal.external_id or principal.id,
            principal.name or NAMELESS,
            principal.avatar_url,
            principal.email,
            (principal.role or Role.AGENT).value,
            Availability.ONLINE.value,
            transaction.now,
        )
        await transaction.session.write(statements.WRITE_AGENTS, [row])


class SetAvailability(Operation[None]):
    """Set an availability. Agents set their own, admins and owners that of anybody."""

    def __init__(self, scope: Scope, agent_id: str, availability: Availability) -> None:
        super().__init__(scope)
        self._agent_id = agent_id
        self._availability = availability

    async def run(self, transaction: Transaction) -> None:
        self.scope.require_agent()
        mine = (_a.org_id == self.organization) & (_a.agent_id == self._agent_id)
        if await transaction.session.first(select(_a.agent_id).where(mine)) is None:
            raise NotFoundError("There is no such agent.")
        principal = self.scope.principal
        if self._agent_id != principal.id and principal.role not in (Role.OWNER, Role.ADMIN):
            raise ForbiddenError("Only admins may change the availability of others.")
        await transaction.session.execute(
            update(tables.agents).where(mine).values(availability=self._availability.value)
        )
