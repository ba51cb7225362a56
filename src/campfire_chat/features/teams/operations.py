"""Creating, changing and deleting teams.

Each locks the inbox of the organisation before it reads, so no two of them overlap: what was
counted or compared still holds when it is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import UNSET, Struct, UnsetType, structs

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.core import clock, ids
from campfire_chat.core.errors import InvalidError, NotFoundError
from campfire_chat.features.agents import queries as agent_queries
from campfire_chat.features.teams import queries, rules
from campfire_chat.features.teams.codec import TEAM_ROWS
from campfire_chat.features.teams.errors import TeamNameTakenError, TooManyTeamsError
from campfire_chat.features.teams.events import (
    TEAM_CHANGED,
    TEAM_CREATED,
    TEAM_DELETED,
    TeamEvent,
)
from campfire_chat.features.teams.permissions import TEAMS_MANAGE
from campfire_chat.features.teams.records import TeamRecord
from campfire_chat.ledger.events import EventType
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction

#: The prefix of the ids.
PREFIX: Final = "team"


class Draft(Struct, frozen=True, kw_only=True):
    """A new team, checked."""

    name: str
    description: str
    members: list[str]


class Changes(Struct, frozen=True, kw_only=True):
    """What is to change, checked. What is not set stays."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    members: list[str] | UnsetType = UNSET


class _Write(Operation[TeamRecord]):
    """What the three have in common."""

    async def find(self, transaction: Transaction, team_id: str) -> TeamRecord:
        """
        Raises:
            NotFoundError: There is no such team.
        """
        found = await queries.find(transaction.session, self.organization, team_id)
        if found is None:
            raise NotFoundError("There is no such team.")
        return found

    async def claim(self, transaction: Transaction, team_id: str, name: str) -> None:
        """
        Raises:
            TeamNameTakenError: Another team has the name.
        """
        key = rules.key_of(name)
        if await queries.id_of(transaction.session, self.organization, key) not in (None, team_id):
            raise TeamNameTakenError(f"Another team is called {name}.", field="name")

    async def check_agents(self, transaction: Transaction, agent_ids: Iterable[str]) -> None:
        """
        Raises:
            InvalidError: One of them is no agent of the organisation.
        """
        wanted = set(agent_ids)
        if not wanted:
            return
        keys = transaction.session.engine.list_value(sorted(wanted))
        rows = await transaction.session.fetch(
            agent_queries.CANDIDATES, org_id=self.organization, keys=keys
        )
        if len(rows) < len(wanted):
            raise InvalidError("One of the members is no agent.", field="members")

    async def store(
        self, transaction: Transaction, record: TeamRecord, before: Iterable[str]
    ) -> None:
        """
        Args:
            before: The agents who are in it so far.
        """
        row = TEAM_ROWS.write(record, self.organization, rules.key_of(record.name), None)
        await transaction.session.write(queries.WRITE_TEAMS, [row])
        known, wanted = set(before), set(record.members)
        await self.remove(transaction, record.id, known - wanted)
        if added := wanted - known:
            rows = [(self.organization, record.id, agent_id) for agent_id in sorted(added)]
            await transaction.session.write(queries.INSERT_MEMBERS, rows)

    async def remove(
        self, transaction: Transaction, team_id: str, agent_ids: Iterable[str]
    ) -> None:
        if rows := [(self.organization, team_id, agent_id) for agent_id in sorted(agent_ids)]:
            await transaction.session.write(queries.DELETE_MEMBERS, rows)

    def tell(self, transaction: Transaction, event: EventType, record: TeamRecord) -> None:
        actor = self.actor.principal.participant
        data = TeamEvent(id=record.id, team=record, actor=actor)
        transaction.tell_inbox(self.organization, event, data)


class CreateTeam(_Write):
    """Store a new one. A repetition is refused, because its name is taken then."""

    def __init__(self, actor: Actor, draft: Draft) -> None:
        super().__init__(actor)
        self._draft = draft
        self._id = ids.new(PREFIX)

    async def run(self, transaction: Transaction) -> TeamRecord:
        require(self.actor, TEAMS_MANAGE)
        draft, at = self._draft, clock.rfc3339(transaction.now)
        await self.claim(transaction, self._id, draft.name)
        there = await transaction.session.fetch(queries.TEAMS, org_id=self.organization)
        if len(there) >= rules.MOST_TEAMS:
            raise TooManyTeamsError(
                f"An organisation can have {rules.MOST_TEAMS} teams. Delete one first."
            )
        await self.check_agents(transaction, draft.members)
        record = TeamRecord(
            id=self._id,
            name=draft.name,
            description=draft.description,
            members=draft.members,
            created_at=at,
            updated_at=at,
        )
        await self.store(transaction, record, ())
        self.tell(transaction, TEAM_CREATED, record)
        return record


class ChangeTeam(_Write):
    """Change one."""

    def __init__(self, actor: Actor, team_id: str, changes: Changes) -> None:
        super().__init__(actor)
        self._id = team_id
        self._changes = changes

    async def run(self, transaction: Transaction) -> TeamRecord:
        require(self.actor, TEAMS_MANAGE)
        before = await self.find(transaction, self._id)
        wanted = structs.asdict(self._changes)
        known = {name: value for name, value in wanted.items() if value is not UNSET}
        after = structs.replace(before, **known)
        if after == before:
            return before
        await self.claim(transaction, self._id, after.name)
        await self.check_agents(transaction, set(after.members) - set(before.members))
        after = structs.replace(after, updated_at=clock.rfc3339(transaction.now))
        await self.store(transaction, after, before.members)
        if after.name != before.name:
            # Conversations in memory hold the name.
            transaction.altered.add(self._id)
        self.tell(transaction, TEAM_CHANGED, after)
        return after


class DeleteTeam(_Write):
    """Delete one. The result is what it was.

    Conversations that are the team's stay so, and show its name, until somebody gives them to
    another one: to write them all would hold up everybody.
    """

    def __init__(self, actor: Actor, team_id: str) -> None:
        super().__init__(actor)
        self._id = team_id

    async def run(self, transaction: Transaction) -> TeamRecord:
        require(self.actor, TEAMS_MANAGE)
        record = await self.find(transaction, self._id)
        row = TEAM_ROWS.write(record, self.organization, None, transaction.now)
        await transaction.session.write(queries.WRITE_TEAMS, [row])
        await self.remove(transaction, self._id, record.members)
        self.tell(transaction, TEAM_DELETED, record)
        return record
