"""A transaction of the locking path: it reads what it changes under its own locks.

The optimistic path, for conversations that this process holds in memory, uses
:class:`~campfire_chat.storage.draft.Draft` alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from campfire_chat.domain import streams
from campfire_chat.domain.conversations import Conversation
from campfire_chat.protocols import Clock
from campfire_chat.storage import conversations, statements
from campfire_chat.storage import streams as stream_queries
from campfire_chat.storage.dialects import Engine
from campfire_chat.storage.draft import Draft, MarkKey, Notice, Records, StreamKey
from campfire_chat.storage.lanes import Session
from campfire_chat.storage.records import conversation_of, mark_of
from campfire_chat.storage.statement import Prepared, Row


class Read(ABC):
    """A query that is sent with BEGIN, and what receives its rows."""

    def __init__(self, organization: str) -> None:
        self.organization = organization

    @abstractmethod
    def prepare(self, engine: Engine) -> Prepared: ...

    @abstractmethod
    def take(self, transaction: Transaction, rows: Sequence[Row]) -> None: ...


class Transaction(Draft):
    """See the module. The ledger creates it when the database transaction has begun."""

    def __init__(self, session: Session, now: Clock) -> None:
        super().__init__(Records(), now())
        self.session = session
        self.version = 0
        self._without_inbox: set[str] = set()

    # Reading.

    async def begin(self, reads: Sequence[Read], rows: Sequence[Sequence[Row]]) -> None:
        """Take over the rows that were read with BEGIN."""
        for read, found in zip(reads, rows, strict=True):
            read.take(self, found)
        await self._ensure_inboxes({read.organization for read in reads})

    def took_inbox(self, organization: str, rows: Sequence[Row]) -> None:
        self.records.heads[organization, streams.inbox(organization)] = rows[0][0] if rows else 0
        if not rows:
            self._without_inbox.add(organization)

    def took_conversations(
        self, organization: str, conversation_ids: Iterable[str], rows: Sequence[Row]
    ) -> None:
        for conversation_id in conversation_ids:
            self.records.conversations[organization, conversation_id] = None
        for row in rows:
            found = conversation_of(organization, row)
            self.records.conversations[organization, found.id] = found
            self.records.heads[organization, streams.conversation(found.id)] = found.head
            self.records.heads[organization, streams.notes(found.id)] = found.notes_head

    def took_marks(
        self, organization: str, conversation_ids: Iterable[str], rows: Sequence[Row]
    ) -> None:
        self.records.with_marks.update((organization, item) for item in conversation_ids)
        for conversation_id, kind, participant_id, *mark in rows:
            self.records.marks[organization, conversation_id, kind, participant_id] = mark_of(mark)

    async def load(self, organization: str, conversation_ids: Iterable[str]) -> None:
        """Read conversations that are not in memory."""
        missing = [
            item
            for item in conversation_ids
            if (organization, item) not in self.records.conversations
        ]
        if missing:
            rows = await self.session.fetch(
                conversations.BY_ID,
                org_id=organization,
                ids=self.session.engine.list_value(missing),
            )
            self.took_conversations(organization, missing, rows)

    async def load_marks(self, organization: str, conversation_ids: Iterable[str]) -> None:
        """Read marks that are not in memory."""
        missing = [
            item for item in conversation_ids if (organization, item) not in self.records.with_marks
        ]
        if missing:
            rows = await self.session.fetch(
                statements.MARKS, org_id=organization, ids=self.session.engine.list_value(missing)
            )
            self.took_marks(organization, missing, rows)

    async def _ensure_inboxes(self, organizations: Iterable[str]) -> None:
        """Create and lock the inbox of an organisation that has no events yet.

        A row that does not exist cannot be locked, and two processes must not both begin at 1.
        """
        for organization in sorted(self._without_inbox.intersection(organizations)):
            name = streams.inbox(organization)
            await self.session.write(statements.ENSURE_STREAMS, [(organization, name, 0)])
            rows = await self.session.run(
                stream_queries.lock(self.session.engine, organization, name)
            )
            self.records.heads[organization, name] = rows[0][0]
        self._without_inbox.clear()

    async def look_at_version(self) -> None:
        """Note the version of the database, for drafts that build on this transaction."""
        self.version = await self.session.engine.version(self.session.raw)

    # Writing.

    def add(self, conversation: Conversation) -> None:
        """Add a new conversation."""
        organization = conversation.organization
        self.records.conversations[organization, conversation.id] = conversation
        self.records.with_marks.add((organization, conversation.id))
        self.records.heads[organization, streams.conversation(conversation.id)] = 0
        self.begin_stream(organization, streams.notes(conversation.id))
        self.touch(conversation)

    async def flush(self) -> None:
        """Write the collected changes."""
        writes = self.writes()
        if all(self._has_inbox(organization) for organization in self.untold):
            await self.session.write_all(writes + self.inbox_writes())
        else:
            # For conversations that are there already, and so are then the inboxes.
            closing = self.tell(self.session.engine)
            self.told(await self.session.write_all(writes, closing))

    def _has_inbox(self, organization: str) -> bool:
        return (organization, streams.inbox(organization)) in self.records.heads

    async def look_at_repeated(self) -> None:
        """The heads of inboxes without new events in which a repetition was found."""
        for organization in sorted({organization for organization, _ in self.repeated}):
            if not self._has_inbox(organization):
                name = streams.inbox(organization)
                found = await stream_queries.heads(self.session, organization, [name])
                self.repeated[organization, name] = found.get(name, 0)

    async def flush_messages(self) -> None:
        """Write only the messages, for a query that counts them next."""
        await self.session.write_all(self.messages_so_far())

    def restore_point(self) -> tuple[int, dict[StreamKey, int], dict[MarkKey, Notice]]:
        """The state for :meth:`restore`. Taken right after a flush."""
        return len(self.committed), dict(self.records.heads), dict(self.notices)

    def restore(self, point: tuple[int, dict[StreamKey, int], dict[MarkKey, Notice]]) -> None:
        """Discard everything since ``point``, after the database has rolled back to it."""
        count, self.records.heads, self.notices = point
        del self.committed[count:]
        # Records in memory may contain changes that were rolled back. They are read again.
        self.forget()
