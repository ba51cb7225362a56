"""Conversations as the caller may see them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from campfire_chat.access.actor import Actor
from campfire_chat.access.records import Availability, SenderKind
from campfire_chat.core.projection import projection
from campfire_chat.database.lanes import Session
from campfire_chat.database.prepared import Row
from campfire_chat.features.agents import queries as agent_queries
from campfire_chat.features.conversations import (
    contact_history,
    listing,
    numbers,
    queries,
)
from campfire_chat.features.conversations.listing import Order, Place
from campfire_chat.features.conversations.records import (
    AgentConversation,
    ConversationSummary,
    Status,
    VisitorConversation,
)
from campfire_chat.features.conversations.rules import Conversation
from campfire_chat.features.presence import queries as presence_queries
from campfire_chat.features.presence.queries import Alive
from campfire_chat.features.receipts import queries as receipt_queries
from campfire_chat.features.receipts.records import ReceiptRecord

View = AgentConversation | VisitorConversation


async def read_one(session: Session, actor: Actor, conversation_id: str, *, alive: Alive) -> View:
    """A conversation with its receipts and who is present.

    Args:
        alive: When the last beat was of those who are present.

    Raises:
        NotFoundError: No such conversation, or not one that the caller may see.
    """
    found = await queries.get(session, actor, conversation_id)
    return await read_around(session, actor, found.summary, alive=alive)


async def read_around(
    session: Session, actor: Actor, summary: ConversationSummary, *, alive: Alive
) -> View:
    """A conversation that is in hand, with its receipts and who is present: one visit to the
    database for an agent, whatever is asked there.

    The caller has to check permission first.
    """
    engine, organization, about = session.engine, actor.organization, summary.id
    asked = [
        receipt_queries.count_reads(engine, actor, [about]),
        receipt_queries.OF_CONVERSATION.prepare(engine, {"org_id": organization, "id": about}),
    ]
    if actor.is_visitor:
        counts, marks = await session.fetch_all(*asked)
        availability = None
        if summary.assignee is not None:
            availability = await agent_queries.availability_of(
                session, organization, summary.assignee.id, alive=alive
            )
        read_count, receipts = _read(counts), receipt_queries.receipts_of(marks)
        return _for_visitor(summary, read_count, receipts, availability)
    who = {"org_id": organization, **alive.values}
    contact = {"kind": SenderKind.VISITOR.value, "participant_id": summary.contact.id}
    counts, marks, looking, present = await session.fetch_all(
        *asked,
        presence_queries.VIEWERS.prepare(engine, {**who, "place": about}),
        presence_queries.ONE.prepare(engine, {**who, **contact}),
    )
    return msgspec.structs.replace(
        _for_agent(summary, _read(counts)),
        receipts=receipt_queries.receipts_of(marks),
        viewers=presence_queries.viewers_of(looking),
        contact_present=bool(present),
    )


def _read(rows: Sequence[Row]) -> int:
    return rows[0][1] if rows else 0


async def read_page(
    session: Session,
    actor: Actor,
    *,
    statuses: Sequence[Status],
    assignee_id: str | object | None,
    tag: str | None,
    team_id: str | None,
    order: Order,
    before: Place | None,
    limit: int,
) -> tuple[list[View], Place | None]:
    """A page of conversations, and where the next one begins."""
    found, following = await listing.read_page(
        session,
        actor,
        statuses=statuses,
        assignee_id=assignee_id,
        tag=tag,
        team_id=team_id,
        order=order,
        before=before,
        limit=limit,
    )
    return await _shown(session, actor, found), following


async def numbered(session: Session, actor: Actor, number: int) -> list[View]:
    """The conversation with this number, if there is one that the caller may see."""
    found = await numbers.find(session, actor, number)
    return [] if found is None else await _shown(session, actor, [found])


async def of_contact(
    session: Session, actor: Actor, contact_id: str, before: contact_history.Place, limit: int
) -> tuple[list[View], contact_history.Place | None]:
    """A page of the conversations of a contact, and where the next one begins."""
    found, following = await contact_history.read_page(session, actor, contact_id, before, limit)
    return await _shown(session, actor, found), following


async def _shown(session: Session, actor: Actor, found: Sequence[Conversation]) -> list[View]:
    counts = await receipt_queries.read_counts(session, actor, [item.id for item in found])
    return [
        _for_visitor(item.summary, counts.get(item.id, 0), [], None)
        if actor.is_visitor
        else _for_agent(item.summary, counts.get(item.id, 0))
        for item in found
    ]


_show_agent = projection(ConversationSummary, AgentConversation, added=("unread",))
_show_visitor = projection(
    ConversationSummary,
    VisitorConversation,
    added=("assignee_availability", "unread", "receipts"),
)


def _for_agent(summary: ConversationSummary, read_count: int) -> AgentConversation:
    # The mark was read a moment after the conversation.
    return _show_agent(summary, unread=max(0, summary.counts.visitor - read_count))


def _for_visitor(
    summary: ConversationSummary,
    read_count: int,
    marks: list[ReceiptRecord],
    availability: Availability | None,
) -> VisitorConversation:
    return _show_visitor(
        summary,
        assignee_availability=availability,
        unread=max(0, summary.counts.agent - read_count),
        receipts=marks,
    )
