"""Storing a draft."""

from __future__ import annotations

import sys

from msgspec import UNSET, UnsetType, structs
from sqlalchemy import delete

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.core import clock
from campfire_chat.core.scalars import Timestamp
from campfire_chat.database.statement import BulkInsert
from campfire_chat.features.agents.streams import AGENT
from campfire_chat.features.drafts import queries
from campfire_chat.features.drafts.codec import DRAFT_ROWS
from campfire_chat.features.drafts.errors import DraftStaleError, TooManyDraftsError
from campfire_chat.features.drafts.events import DRAFT_CHANGED, DraftChanged
from campfire_chat.features.drafts.permissions import DRAFTS_WRITE
from campfire_chat.features.drafts.records import DraftRecord, DraftText
from campfire_chat.features.drafts.rules import MOST_DRAFTS, is_empty
from campfire_chat.features.drafts.tables import drafts
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction

_d = drafts.c
INSERT = BulkInsert(drafts)


class SaveDraft(Operation[DraftRecord]):
    """Store what the caller is writing in a conversation. Empty texts delete the draft.

    It locks the inbox of the organisation before it reads, so no two of them overlap. Stored twice,
    the same is no change.

    Args:
        base: The ``updated_at`` of the draft that it builds on; None: there was none. Unset: it
            replaces whatever there is.
    """

    def __init__(
        self,
        actor: Actor,
        conversation_id: str,
        draft: DraftText,
        base: Timestamp | UnsetType | None,
    ) -> None:
        super().__init__(actor)
        self._conversation_id = conversation_id
        self._draft = draft
        self._base = base
        self.size += sys.getsizeof(draft.reply) + sys.getsizeof(draft.note)

    async def run(self, transaction: Transaction) -> DraftRecord:
        require(self.actor, DRAFTS_WRITE)
        session = transaction.session
        before = await queries.get(session, self.actor, self._conversation_id)
        empty = is_empty(self._draft)
        after = structs.replace(
            DraftRecord(conversation_id=self._conversation_id),
            **({} if empty else structs.asdict(self._draft)),
            updated_at=before.updated_at,
        )
        if empty:
            after = structs.replace(after, updated_at=None)
        if after == before:
            return before
        if self._base is not UNSET and self._base != before.updated_at:
            raise DraftStaleError(details=before)
        if not empty and before.updated_at is None:
            await self._make_room(transaction)
        await session.execute(
            delete(drafts).where(
                _d.org_id == self.organization,
                _d.agent_id == self.actor.principal.id,
                _d.conversation_id == self._conversation_id,
            )
        )
        if not empty:
            last = 0 if before.updated_at is None else clock.parse_rfc3339(before.updated_at)
            at = clock.rfc3339(max(transaction.now, last + 1))
            after = structs.replace(after, updated_at=at)
            row = DRAFT_ROWS.write(after, self.organization, self.actor.principal.id)
            await session.write(INSERT, [row])
        transaction.tell_stream(
            self.organization,
            AGENT.name(self.actor.principal.id),
            DRAFT_CHANGED,
            DraftChanged(conversation_id=self._conversation_id, updated_at=after.updated_at),
        )
        return after

    async def _make_room(self, transaction: Transaction) -> None:
        """
        Raises:
            TooManyDraftsError: The caller has as many drafts as one may have.
        """
        if await queries.count(transaction.session, self.actor) >= MOST_DRAFTS:
            raise TooManyDraftsError(
                f"An agent can have {MOST_DRAFTS} drafts. Send or delete one first."
            )
