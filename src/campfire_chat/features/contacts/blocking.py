"""Blocking a contact: they can write nothing any more, until they are unblocked.

Conversations hold a copy of their contact, also in the memory of other processes. So each of the
latest conversations gets an event: it changes their heads, which no process passes over. In one
beyond those, a process that has it in memory notices when it reads it again, within 15 seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Integer, String, and_, bindparam, select, update
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.access.actor import Actor, system_actor
from campfire_chat.access.policy import require
from campfire_chat.core.errors import NotFoundError
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import Query
from campfire_chat.features.contacts import operations, queries, tables
from campfire_chat.features.contacts.permissions import CONTACTS_BLOCK
from campfire_chat.features.contacts.records import ChangeKind, ContactRecord
from campfire_chat.features.conversations.aggregate import CONVERSATIONS
from campfire_chat.features.conversations.events import CONTACT_BLOCKED, ContactBlocked
from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ
from campfire_chat.features.conversations.streams import NOTES
from campfire_chat.features.conversations.tables import conversations
from campfire_chat.ledger.operation import Instead, Operation
from campfire_chat.ledger.transaction import Transaction

_c, _v = tables.contacts.c, conversations.c

#: Conversations of a contact that are told at once.
MOST_TOLD: Final = 100


def _latest(_: Engine) -> ClauseElement:
    return (
        select(_v.conversation_id)
        .where(
            _v.org_id == bindparam("org_id"),
            _v.contact_id == bindparam("contact_id", type_=String),
        )
        .order_by(_v.last_at.desc(), _v.conversation_id.desc())
        .limit(bindparam("count", type_=Integer))
    )


#: Ids of the ``count`` conversations of ``contact_id`` that were written to last, so that a process
#: may have them in memory.
LATEST = Query(_latest)


async def latest(session: Session, organization: str, contact_id: str) -> list[str]:
    """The conversations that have to be told."""
    rows = await session.fetch(LATEST, org_id=organization, contact_id=contact_id, count=MOST_TOLD)
    return [row[0] for row in rows]


class BlockContact(Operation[ContactRecord]):
    """Block a contact that the caller sees, or unblock them.

    Args:
        conversation_ids: What :func:`latest` has found.
    """

    kind = CONVERSATIONS

    def __init__(
        self, actor: Actor, contact_id: str, *, blocked: bool, conversation_ids: Sequence[str]
    ) -> None:
        super().__init__(actor, conversation_ids)
        self._contact_id = contact_id
        self._blocked = blocked

    async def run(self, transaction: Transaction) -> ContactRecord:
        require(self.actor, CONTACTS_BLOCK)
        session, organization, blocked = transaction.session, self.organization, self._blocked
        known = await queries.lock(session, organization, self._contact_id)
        seen = await queries.record(session, self.actor, self._contact_id)
        if known is None or seen is None:
            raise NotFoundError("There is no such contact.")
        if known.contact.blocked is blocked:
            return seen
        # Their contact is locked, so none begins from here on. One may have begun since.
        found = await latest(session, organization, self._contact_id)
        if not set(found) <= set(self.aggregate_ids):
            raise Instead(
                BlockContact(self.actor, self._contact_id, blocked=blocked, conversation_ids=found)
            )
        await session.execute(
            update(tables.contacts)
            .where(and_(_c.org_id == organization, _c.contact_id == self._contact_id))
            .values(blocked=blocked)
        )
        transaction.altered.add(self._contact_id)
        kind = ChangeKind.BLOCKED if blocked else ChangeKind.UNBLOCKED
        await operations.note(transaction, organization, self._contact_id, kind, self.actor)
        operations.tell(transaction, organization, self._contact_id, self.actor, ["blocked"])
        self._tell_conversations(transaction)
        return msgspec.structs.replace(seen, blocked=blocked)

    def _tell_conversations(self, transaction: Transaction) -> None:
        # The caller need not see all of them, but all have to know.
        everybody = system_actor(self.organization, CONVERSATIONS_READ)
        for conversation_id in self.aggregate_ids:
            conversation = transaction.aggregate(CONVERSATIONS, everybody, conversation_id)
            conversation.contact = msgspec.structs.replace(
                conversation.contact, blocked=self._blocked
            )
            data = ContactBlocked(
                conversation_id=conversation_id,
                blocked=self._blocked,
                actor=self.actor.principal.participant,
            )
            at = conversation.next_at(transaction.now)
            transaction.append(CONVERSATIONS, conversation, NOTES, CONTACT_BLOCKED, data, at)
