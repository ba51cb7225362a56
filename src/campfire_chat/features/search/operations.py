"""Writing the index: it follows what is there, whatever it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from campfire_chat.access.actor import Actor
from campfire_chat.database.dialects import Engine
from campfire_chat.features.search import queries
from campfire_chat.features.search.preparing import Prepared, prepared
from campfire_chat.features.search.queries import Source
from campfire_chat.feed import statements as feed_statements
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction

#: The name under which the index keeps its position in the feed.
CONSUMER: Final = "search"


class Index(Operation[None]):
    """Have the index hold what is there of some messages and conversations, and nothing else.

    Doing it again changes nothing. It holds the lock of the position in the feed: two of them at
    once could otherwise write what one of them had read earlier. Meanwhile it only takes apart what
    has changed since it was prepared.

    Args:
        message_ids: Messages; those that are gone are forgotten.
        conversation_ids: Conversations, of which the same holds.
        rewrite: Also write what has not changed, in case the index has lost it.
        ready: What was prepared, by the ids.
    """

    appends = False

    def __init__(
        self,
        actor: Actor,
        message_ids: Sequence[str],
        conversation_ids: Sequence[str],
        *,
        rewrite: bool = False,
        ready: Mapping[str, Prepared] | None = None,
    ) -> None:
        super().__init__(actor)
        self._rewrite = rewrite
        self._ready = ready or {}
        self.message_ids = message_ids
        self.conversation_ids = conversation_ids
        self.size += 60 * (len(message_ids) + len(conversation_ids))

    async def run(self, transaction: Transaction) -> None:
        session, organization = transaction.session, self.organization
        await session.fetch(feed_statements.LOCK, org_id=organization, name=CONSUMER)
        ids = [*self.message_ids, *self.conversation_ids]
        known = await queries.indexed(session, organization, ids)
        sources = await queries.sources_of(
            session, organization, self.message_ids, self.conversation_ids
        )
        there = {source.id: self._prepared(session.engine, source) for source in sources}
        gone = [item for item in known if item not in there]
        # A document that says something else keeps its number.
        changed = {
            item: entry
            for item, entry in there.items()
            if self._rewrite or item not in known or known[item].digest != entry.digest
        }
        new = [(item, entry.at) for item, entry in changed.items() if item not in known]
        numbers = {item: entry.number for item, entry in known.items()}
        numbers |= await queries.free_numbers(session, organization, new)
        old = gone + [item for item in changed if item in known]
        await session.write(queries.DELETE_DOCUMENTS, [(organization, item) for item in old])
        rows = [
            (
                *(organization, item, entry.kind.value, entry.conversation_id),
                *(numbers[item], entry.digest, entry.tokens),
            )
            for item, entry in changed.items()
        ]
        await session.write(queries.INSERT_DOCUMENTS, rows)

    def _prepared(self, engine: Engine, source: Source) -> Prepared:
        ready = self._ready.get(source.id)
        if ready is not None and ready.source == source:
            return ready
        return prepared(engine, self.organization, source)
