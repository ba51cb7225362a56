"""Makes hits of what the index has found, from what is there now."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import can
from campfire_chat.core import clock
from campfire_chat.core.markup import plain
from campfire_chat.core.projection import projection
from campfire_chat.database.lanes import Session
from campfire_chat.features.conversations import queries as conversation_queries
from campfire_chat.features.conversations.codec import CONVERSATION_ROWS
from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ, NOTES_READ
from campfire_chat.features.conversations.rules import Conversation
from campfire_chat.features.messages import queries as message_queries
from campfire_chat.features.messages.codec import MESSAGE_ROWS
from campfire_chat.features.messages.records import Message, Visibility
from campfire_chat.features.search.documents import Person, SearchKind, shown_id
from campfire_chat.features.search.finding import Candidate
from campfire_chat.features.search.matching import Place, excerpt, find
from campfire_chat.features.search.parsing import Search
from campfire_chat.features.search.records import (
    FoundConversation,
    Highlight,
    HitPart,
    SearchHit,
)

_shown = projection(Conversation, FoundConversation)


async def read_hits(
    session: Session, actor: Actor, search: Search, found: Sequence[Candidate]
) -> list[SearchHit | None]:
    """The hit of each candidate; None where nothing is there that the caller may see and that
    holds what is searched for."""
    engine, organization = session.engine, actor.organization
    conversation_ids = list(dict.fromkeys(item.conversation_id for item in found))
    message_ids = [item.document_id for item in found if item.kind is not SearchKind.CONVERSATION]
    conversation_rows, message_rows = await session.fetch_all(
        conversation_queries.BY_ID.prepare(
            engine, {"org_id": organization, "ids": engine.list_value(conversation_ids)}
        ),
        message_queries.BY_ID.prepare(
            engine, {"org_id": organization, "keys": engine.list_value(message_ids)}
        ),
    )
    conversations = {item.id: item for item in map(CONVERSATION_ROWS.read, conversation_rows)}
    messages = {item.id: item for item in map(MESSAGE_ROWS.read, message_rows)}
    hits: list[SearchHit | None] = []
    for item in found:
        # To take a long text apart takes up to 50 ms.
        await asyncio.sleep(0)
        conversation = conversations.get(item.conversation_id)
        if conversation is None or not can(actor, CONVERSATIONS_READ, conversation):
            hits.append(None)
        elif item.kind is SearchKind.CONVERSATION:
            hits.append(_of_conversation(search, conversation))
        else:
            message = messages.get(item.document_id)
            hits.append(message and _of_message(actor, search, conversation, message))
    return hits


def _of_message(
    actor: Actor, search: Search, conversation: Conversation, message: Message
) -> SearchHit | None:
    is_note = message.visibility is Visibility.INTERNAL
    if message.deleted_at is not None or (is_note and not can(actor, NOTES_READ)):
        return None
    found = find(search, [message.body])
    if found is None:
        return None
    said, places = message.body, found[0]
    # Shown without its marks, as lists show it, unless what is searched for is in them alone.
    if (words := plain(said)) != said and (again := find(search, [words])) is not None:
        said, places = words, again[0]
    shown = excerpt(said, places)
    return SearchHit(
        kind=SearchKind.NOTE if is_note else SearchKind.MESSAGE,
        conversation=_shown(conversation),
        message_id=message.id,
        seq=message.seq,
        at=message.at,
        sender=message.sender,
        text=shown.text,
        highlights=list(_highlights(HitPart.TEXT, shown.places)),
    )


def _of_conversation(search: Search, conversation: Conversation) -> SearchHit | None:
    contact = conversation.contact
    parts: list[tuple[HitPart | None, int | None, str]] = [
        (HitPart.SUBJECT, None, conversation.subject or ""),
        (HitPart.NAME, None, contact.name or ""),
        (HitPart.EMAIL, None, contact.email or ""),
        *((HitPart.TAG, number, tag) for number, tag in enumerate(conversation.tags)),
        (HitPart.NUMBER, None, str(conversation.number)),
        (None, None, shown_id(Person(contact.id, contact.name, contact.email))),
    ]
    found = find(search, [text for _, _, text in parts])
    if found is None:
        return None
    highlights = [
        highlight
        for (part, tag, _), places in zip(parts, found, strict=True)
        if part is not None
        for highlight in _highlights(part, places, tag)
    ]
    return SearchHit(
        kind=SearchKind.CONVERSATION,
        conversation=_shown(conversation),
        message_id=None,
        seq=None,
        at=clock.rfc3339(conversation.created_at),
        sender=None,
        text="",
        highlights=highlights,
    )


def _highlights(
    part: HitPart, places: Sequence[Place], tag: int | None = None
) -> Iterator[Highlight]:
    for start, end in places:
        yield Highlight(part=part, start=start, end=end, tag=tag)
