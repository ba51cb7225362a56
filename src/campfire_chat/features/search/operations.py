"""Writing the index: it follows what is there, whatever it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from campfire_chat.access.actor import Actor
from campfire_chat.features.search import queries
from campfire_chat.features.search.documents import as_vector, as_words, digest
from campfire_chat.feed import statements as feed_statements
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction

#: The name under which the index keeps its position in the feed.
CONSUMER: Final = "search"


class Index(Operation[None]):
    """Have the index hold what is there of some messages and conversations, and nothing else.

    Doing it again changes nothing. It holds the lock of the position in the feed: two of them at
    once could otherwise write what one of them had read earlier.

    Args:
        message_ids: Messages; those that are gone are forgotten.
        conversation_ids: Conversations, of which the same holds.
        rewrite: Also write what has not changed, in case the index has lost it.
    """

    appends = False

    def __init__(
        self,
        actor: Actor,
        message_ids: Sequence[str],
        conversation_ids: Sequence[str],
        *,
        rewrite: bool = False,
    ) -> None:
        super().__init__(actor)
        self._rewrite = rewrite
        self.message_ids = message_ids
        self.conversation_ids = conversation_ids
        self.size += 60 * (len(message_ids) + len(conversation_ids))

    async def run(self, transaction: Transaction) -> None:
        session, organization = transaction.session, self.organization
        await session.fetch(feed_statements.LOCK, org_id=organization, name=CONSUMER)
        ids = [*self.message_ids, *self.conversation_ids]
        known = await queries.indexed(session, organization, ids)
        documents = await queries.documents_of(
            session, organization, self.message_ids, self.conversation_ids
        )
        there = {document.id for document in documents}
        gone = [item for item in known if item not in there]
        digests = {document.id: digest(document) for document in documents}
        # A document that says something else keeps its number.
        changed = [
            document
            for document in documents
            if self._rewrite
            or document.id not in known
            or known[document.id].digest != digests[document.id]
        ]
        new = [document for document in changed if document.id not in known]
        numbers = {item: entry.number for item, entry in known.items()}
        numbers |= await queries.free_numbers(session, organization, new)
        old = gone + [item.id for item in changed if item.id in known]
        await session.write(queries.DELETE_DOCUMENTS, [(organization, item) for item in old])
        tokens_of = as_words if session.engine.name == "sqlite" else as_vector
        rows = [
            (
                *(organization, item.id, item.kind.value, item.conversation_id),
                *(numbers[item.id], digests[item.id], tokens_of(item)),
            )
            for item in changed
        ]
        await session.write(queries.INSERT_DOCUMENTS, rows)
