"""The conversations that this process writes to, in memory, including writes that are under way.

In an active conversation, the same process has just written nearly everything that the next
message needs. Keeping it in memory avoids reading it back for every message. It is never trusted:
a commit checks the version of the database, or the heads under their locks. If another process has
written, the records are discarded and read again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from campfire_chat.storage import conversations
from campfire_chat.storage.dialects import Commit, Engine
from campfire_chat.storage.draft import ConversationKey, Draft, Records
from campfire_chat.storage.lanes import Session
from campfire_chat.storage.statement import Prepared
from campfire_chat.storage.transaction import Transaction

#: Greatest number of conversations in memory. Above it, all are discarded and read when needed.
LIMIT = 10_000
#: Seconds for which a conversation is kept on an engine that does not report changes: how long
#: the name of a contact that another process has renamed may still be shown.
LIFE = 15.0
#: Seconds after which all are discarded, so that finished conversations use no memory.
REMEMBERED = 60.0
#: Seconds for which a conversation that another process writes to takes the locking path.
CONTENDED = 5.0


class WorkingSet:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._session: Session | None = None
        self._version = 0
        self._began = 0.0
        self._read_at: dict[ConversationKey, float] = {}
        #: Until when each conversation takes the locking path, in order of time.
        self._contended: dict[str, float] = {}
        self.records = Records()

    def contend(self, conversation_ids: Iterable[str]) -> None:
        """Another process writes to these, so drafts would fail again and again."""
        now = time.monotonic()
        contended = self._contended
        for conversation_id in conversation_ids:
            contended.pop(conversation_id, None)
            contended[conversation_id] = now + CONTENDED
        while contended and contended[first := next(iter(contended))] < now:
            del contended[first]

    def clear(self) -> None:
        self.records = Records()
        self._read_at = {}
        self._began = time.monotonic()

    def is_of(self, session: Session) -> bool:
        """Whether it was read over this connection. Versions are valid for one connection only."""
        return session is self._session

    def has(self, organization: str, conversation_ids: Sequence[str]) -> bool:
        """Whether conversations are in memory, and no other process writes to them."""
        for conversation_id in conversation_ids:
            read_at = self._read_at.get((organization, conversation_id))
            if read_at is None:
                return False
            if self._engine.tells_changes:
                continue
            now = time.monotonic()
            if now - read_at > LIFE or now < self._contended.get(conversation_id, 0.0):
                return False
        return True

    def adopt(self, transaction: Transaction, *, altered: bool) -> None:
        """Take over what a committed transaction has read and changed.

        Args:
            altered: Whether something changed that other conversations also show.
        """
        session, version = transaction.session, transaction.version
        now = time.monotonic()
        if (
            altered
            or now - self._began > REMEMBERED
            or session is not self._session
            or version != self._version
            or len(self._read_at) > LIMIT
        ):
            self.clear()
        self._session, self._version = session, version
        found = transaction.records
        for key, conversation in found.conversations.items():
            if conversation is not None:
                self.records.conversations[key] = conversation
                self._read_at[key] = now
        self.records.heads.update(found.heads)
        self.records.marks.update(found.marks)
        self.records.with_marks.update(found.with_marks)

    def commit(self, draft: Draft, *, after: Commit | None) -> Commit:
        """Build the commit of a draft that was made from these records."""
        engine = self._engine
        writes = draft.writes()
        if engine.tells_changes:
            writes += draft.inbox_writes()
            prepared = [statement.prepare(engine, rows) for statement, rows in writes]
            return Commit(version=self._version, writes=prepared, after=after)
        by_organization: dict[str, dict[str, tuple[int, int]]] = {}
        for (organization, conversation_id), heads in draft.based_on.items():
            by_organization.setdefault(organization, {})[conversation_id] = heads
        return Commit(
            version=self._version,
            locks=[
                (_lock(engine, organization, heads), heads)
                for organization, heads in sorted(by_organization.items())
            ],
            writes=[statement.prepare(engine, rows) for statement, rows in writes],
            closing=draft.tell(engine),
            after=after,
        )


def _lock(engine: Engine, organization: str, conversation_ids: Iterable[str]) -> Prepared:
    values = {"org_id": organization, "ids": engine.list_value(list(conversation_ids))}
    return conversations.LOCK_HEADS.prepare(engine, values)
