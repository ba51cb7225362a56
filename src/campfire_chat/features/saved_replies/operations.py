"""Creating, changing and deleting saved replies.

Each locks the inbox of the organisation before it reads, so no two of them overlap: what was
counted or compared still holds when it is written.
"""

from __future__ import annotations

from typing import Final

from msgspec import UNSET, Struct, UnsetType, structs
from sqlalchemy import delete, insert, update

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.core import clock, ids
from campfire_chat.features.saved_replies import queries, rules
from campfire_chat.features.saved_replies.codec import values_of
from campfire_chat.features.saved_replies.errors import (
    ShortcutTakenError,
    TooManySavedRepliesError,
)
from campfire_chat.features.saved_replies.events import (
    SAVED_REPLY_CHANGED,
    SAVED_REPLY_DELETED,
    SavedReplyEvent,
)
from campfire_chat.features.saved_replies.records import SavedReplyRecord
from campfire_chat.features.saved_replies.tables import saved_replies
from campfire_chat.ledger.events import EventType
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction

_r = saved_replies.c

#: The prefix of the ids.
PREFIX: Final = "srp"


class Draft(Struct, frozen=True, kw_only=True):
    """What a new saved reply says, checked."""

    shortcut: str
    title: str
    body: str
    shared: bool


class Changes(Struct, frozen=True, kw_only=True):
    """What is to change, checked. What is not set stays."""

    shortcut: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    body: str | UnsetType = UNSET
    shared: bool | UnsetType = UNSET


class _Write(Operation[SavedReplyRecord]):
    """What the three have in common."""

    async def make_room(self, transaction: Transaction, owner_id: str | None) -> None:
        """
        Raises:
            TooManySavedRepliesError: There is no room for one more.
        """
        most = rules.most(owner_id)
        if await queries.count(transaction.session, self.organization, owner_id) >= most:
            raise TooManySavedRepliesError(
                f"An organisation can share {most} saved replies. Delete one first."
                if owner_id is None
                else f"An agent can have {most} saved replies of their own. Delete one first."
            )

    async def claim(self, transaction: Transaction, record: SavedReplyRecord) -> None:
        """
        Raises:
            ShortcutTakenError: Another one has the shortcut, among those with the same owner.
        """
        found = await queries.with_shortcut(
            transaction.session, self.organization, record.owner_id, record.shortcut
        )
        if found not in (None, record.id):
            raise ShortcutTakenError(
                f"Another saved reply has the shortcut /{record.shortcut}.", field="shortcut"
            )

    def tell(self, transaction: Transaction, event: EventType, record: SavedReplyRecord) -> None:
        actor = self.actor.principal.participant
        data = SavedReplyEvent(id=record.id, owner_id=record.owner_id, actor=actor)
        transaction.tell_inbox(self.organization, event, data)


class CreateSavedReply(_Write):
    """Store a new one. A repetition is refused, because its shortcut is taken then."""

    def __init__(self, actor: Actor, draft: Draft) -> None:
        super().__init__(actor)
        self._draft = draft
        self._id = ids.new(PREFIX)
        self.size += len(draft.body)

    async def run(self, transaction: Transaction) -> SavedReplyRecord:
        me, draft, at = self.actor.principal.id, self._draft, clock.rfc3339(transaction.now)
        record = SavedReplyRecord(
            id=self._id,
            shortcut=draft.shortcut,
            title=draft.title,
            body=draft.body,
            owner_id=None if draft.shared else me,
            created_by=me,
            created_at=at,
            updated_by=me,
            updated_at=at,
        )
        require(self.actor, rules.needed_for(record.owner_id))
        await self.claim(transaction, record)
        await self.make_room(transaction, record.owner_id)
        await transaction.session.execute(
            insert(saved_replies).values(org_id=self.organization, **values_of(record))
        )
        self.tell(transaction, SAVED_REPLY_CHANGED, record)
        return record


class ChangeSavedReply(_Write):
    """Change one. It may be shared, or become the caller's own."""

    def __init__(self, actor: Actor, saved_reply_id: str, changes: Changes) -> None:
        super().__init__(actor)
        self._id = saved_reply_id
        self._changes = changes
        self.size += 0 if changes.body is UNSET else len(changes.body)

    async def run(self, transaction: Transaction) -> SavedReplyRecord:
        before = await queries.get(transaction.session, self.actor, self._id)
        require(self.actor, rules.needed_for(before.owner_id))
        wanted = structs.asdict(self._changes)
        shared = wanted.pop("shared")
        known = {name: value for name, value in wanted.items() if value is not UNSET}
        if shared is not UNSET:
            known["owner_id"] = None if shared else self.actor.principal.id
        after = structs.replace(before, **known)
        if after == before:
            return before
        if after.owner_id != before.owner_id:
            require(self.actor, rules.needed_for(after.owner_id))
            await self.make_room(transaction, after.owner_id)
        await self.claim(transaction, after)
        after = structs.replace(
            after,
            updated_by=self.actor.principal.id,
            updated_at=clock.rfc3339(transaction.now),
        )
        await transaction.session.execute(
            update(saved_replies)
            .where(_r.org_id == self.organization, _r.saved_reply_id == self._id)
            .values(**values_of(after))
        )
        self.tell(transaction, SAVED_REPLY_CHANGED, after)
        return after


class DeleteSavedReply(_Write):
    """Delete one. The result is what it was."""

    def __init__(self, actor: Actor, saved_reply_id: str) -> None:
        super().__init__(actor)
        self._id = saved_reply_id

    async def run(self, transaction: Transaction) -> SavedReplyRecord:
        record = await queries.get(transaction.session, self.actor, self._id)
        require(self.actor, rules.needed_for(record.owner_id))
        await transaction.session.execute(
            delete(saved_replies).where(
                _r.org_id == self.organization, _r.saved_reply_id == self._id
            )
        )
        self.tell(transaction, SAVED_REPLY_DELETED, record)
        return record
