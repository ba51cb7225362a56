"""Makes documents ready to be written, before a transaction is begun.

To take texts apart takes time, and whoever writes messages decides how much. Nobody waits for it
here: no lock is held, and others have their turn after each text.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.features.search import queries
from campfire_chat.features.search.documents import SearchKind, as_vector, as_words, digest
from campfire_chat.features.search.queries import Source
from campfire_chat.ledger.storage import Storage

#: Characters of tokens that one transaction writes: a few long messages, or many short ones.
MOST_WRITTEN: Final = 100_000


class Prepared(NamedTuple):
    """What is to be written of a message or a conversation.

    Attributes:
        source: What it was made of. It is out of date when this has changed.
        tokens: As the database keeps them.
    """

    source: Source
    kind: SearchKind
    conversation_id: str
    at: int
    digest: str
    tokens: str


def prepared(engine: Engine, organization: str, source: Source) -> Prepared:
    """Take one apart, which takes up to 50 ms for the longest message."""
    document = queries.document_of(organization, source)
    as_tokens = as_words if engine.name == "sqlite" else as_vector
    return Prepared(
        source,
        document.kind,
        document.conversation_id,
        document.at,
        digest(document),
        as_tokens(document),
    )


async def prepare(
    storage: Storage,
    organization: str,
    message_ids: Sequence[str],
    conversation_ids: Sequence[str],
) -> dict[str, Prepared]:
    """What is there of these messages and conversations, by their ids."""
    engine, sources = await storage.read(
        lambda session: _sources(session, organization, message_ids, conversation_ids)
    )
    found: dict[str, Prepared] = {}
    for source in sources:
        found[source.id] = prepared(engine, organization, source)
        await asyncio.sleep(0)
    return found


async def _sources(
    session: Session, organization: str, message_ids: Sequence[str], conversation_ids: Sequence[str]
) -> tuple[Engine, list[Source]]:
    return session.engine, await queries.sources_of(
        session, organization, message_ids, conversation_ids
    )


def parts(ids: Iterable[str], by_id: Mapping[str, Prepared]) -> Iterator[list[str]]:
    """Ids of what one transaction writes at a time, in order: at least one."""
    part: list[str] = []
    size = 0
    for item in ids:
        entry = by_id.get(item)
        more = 0 if entry is None else len(entry.tokens)
        if part and size + more > MOST_WRITTEN:
            yield part
            part, size = [], 0
        part.append(item)
        size += more
    if part:
        yield part
