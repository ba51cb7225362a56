"""Keeping who is mentioned, and telling them.

It is done in the transaction that stores the note. A text without a mention costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.access.actor import Actor
from campfire_chat.database.lanes import Session
from campfire_chat.features.agents.streams import AGENT
from campfire_chat.features.conversations.rules import Conversation
from campfire_chat.features.mentions import queries
from campfire_chat.features.mentions.events import MENTION_CREATED, Mentioned
from campfire_chat.features.mentions.rules import mentioned
from campfire_chat.features.teams import queries as team_queries
from campfire_chat.features.teams.records import TeamName
from campfire_chat.ledger.transaction import Transaction


async def follow(
    transaction: Transaction,
    actor: Actor,
    conversation: Conversation,
    message_id: str,
    *,
    readers: frozenset[str],
    body: str,
    before: str = "",
) -> None:
    """Keep whom a note mentions, and tell those whom it did not mention before.

    Ids that no agent and no team has are text like any other. Nobody is told of their own note, and
    nobody whose role may not read it.

    Args:
        readers: The roles of agents who may read notes.
        body: What the note says now.
        before: What it said before; empty for a new one.
    """
    session, organization = transaction.session, actor.organization
    earlier, now = set(mentioned(before)), set(mentioned(body))
    await _delete(session, organization, message_id, earlier - now)
    new = now - earlier
    if not new:
        return
    teams = await queries.teams_among(session, organization, new)
    members = await team_queries.members_of(session, organization, {*teams, *earlier})
    joined = {one for team_id in teams for one in members.get(team_id, ())}
    roles = await queries.roles_of(session, organization, new | joined)
    named = new & roles.keys()
    if rows := [(organization, message_id, one) for one in sorted(named | teams.keys())]:
        await session.write(queries.INSERT_MENTIONS, rows)
    told: dict[str, TeamName | None] = dict.fromkeys(sorted(named))
    for team_id in sorted(teams):
        for agent_id in members.get(team_id, ()):
            told.setdefault(agent_id, teams[team_id])
    knowing = {actor.principal.id, *earlier}
    knowing.update(one for team_id in earlier for one in members.get(team_id, ()))
    for agent_id, team in told.items():
        if agent_id in knowing or roles.get(agent_id) not in readers:
            continue
        data = Mentioned(
            conversation_id=conversation.id,
            message_id=message_id,
            team=team,
            actor=actor.principal.participant,
            access_labels=sorted(conversation.access_labels),
        )
        transaction.tell_stream(organization, AGENT.name(agent_id), MENTION_CREATED, data)


async def forget(session: Session, organization: str, message_id: str, body: str) -> None:
    """Forget whom a note mentions that is deleted.

    Args:
        body: What it said.
    """
    await _delete(session, organization, message_id, mentioned(body))


async def _delete(session: Session, organization: str, message_id: str, ids: Iterable[str]) -> None:
    if rows := [(organization, message_id, one) for one in sorted(ids)]:
        await session.write(queries.DELETE_MENTIONS, rows)
