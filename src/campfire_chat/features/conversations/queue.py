"""Taking the conversation whose visitor waits longest, so that no two agents get the same."""

from __future__ import annotations

from sqlalchemy import select

from campfire_chat.access.actor import NAMELESS, Actor
from campfire_chat.access.policy import require
from campfire_chat.core.errors import ClientIdConflictError
from campfire_chat.database.lanes import Session
from campfire_chat.features.agents.records import Assignee
from campfire_chat.features.conversations import listing
from campfire_chat.features.conversations.aggregate import CONVERSATIONS, append_changes
from campfire_chat.features.conversations.permissions import CONVERSATIONS_MANAGE
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.rules import Patch, change
from campfire_chat.ledger import statements as ledger_statements
from campfire_chat.ledger import tables as ledger_tables
from campfire_chat.ledger.client_keys import client_key
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.storage import Storage
from campfire_chat.ledger.transaction import Transaction

_i = ledger_tables.idempotency.c

#: What stands before the conversation's id where the client id of a take is kept.
_TAKEN = "take "
#: Conversations that are tried before the queue is read again: colleagues take from it too.
_CANDIDATES = 20


class TakeConversation(Operation[str | None]):
    """Assign an open conversation to the caller, unless a colleague was faster.

    Its result is the id of the conversation that the caller got: another one if the same client
    id has taken one before. None if somebody else has this one.

    Args:
        client_id: The caller's id for it; the conversation that it got is kept under it.
    """

    kind = CONVERSATIONS

    def __init__(self, actor: Actor, conversation_id: str, *, client_id: str | None) -> None:
        super().__init__(actor, (conversation_id,))
        self._conversation_id = conversation_id
        self._client_id = client_id

    async def run(self, transaction: Transaction) -> str | None:
        require(self.actor, CONVERSATIONS_MANAGE)
        if self._client_id is not None:
            # A repetition may come while the first request is under way. Only here, in the order
            # of the writes, it is certain to find what the first one got.
            taken = await _earlier(transaction.session, self.actor, self._client_id)
            if taken is not None:
                return taken
        conversation = transaction.aggregate(CONVERSATIONS, self.actor, self._conversation_id)
        if (
            conversation.assignee is not None
            or conversation.status is not Status.OPEN
            or conversation.waiting_since is None
        ):
            return None
        me = self.actor.principal.participant
        patch = Patch(
            assignee=Assignee(id=me.id, name=me.name or NAMELESS, avatar_url=me.avatar_url)
        )
        changes = change(conversation, patch, actor=me, now=transaction.now)
        append_changes(transaction, conversation, changes)
        if self._client_id is not None:
            key = client_key(self.actor.sender_key, self._client_id)
            row = (self.organization, key, _TAKEN + self._conversation_id, transaction.now)
            transaction.insert(ledger_statements.INSERT_IDEMPOTENCY, row)
        return self._conversation_id


async def take(storage: Storage, actor: Actor, *, client_id: str | None) -> str | None:
    """The id of the conversation that the caller has been given; None when nobody waits.

    Raises:
        ForbiddenError: The caller may not change conversations.
        ClientIdConflictError: The client id belongs to something else.
    """
    require(actor, CONVERSATIONS_MANAGE)
    if client_id is not None:
        taken = await storage.read(lambda session: _earlier(session, actor, client_id))
        if taken is not None:
            return taken
    while True:
        waiting, _ = await storage.read(
            lambda session: listing.read_page(
                session,
                actor,
                statuses=[Status.OPEN],
                assignee_id=None,
                team_id=None,
                order="longest_waiting",
                before=None,
                limit=_CANDIDATES,
            )
        )
        if not waiting:
            return None
        for conversation in waiting:
            operation = TakeConversation(actor, conversation.id, client_id=client_id)
            if (taken := await storage.submit(operation)) is not None:
                return taken


async def _earlier(session: Session, actor: Actor, client_id: str) -> str | None:
    """The conversation that was taken under this client id.

    Raises:
        ClientIdConflictError: The client id belongs to something else.
    """
    row = await session.first(
        select(_i.fingerprint).where(
            _i.org_id == actor.organization,
            _i.client_key == client_key(actor.sender_key, client_id),
        )
    )
    if row is None:
        return None
    fingerprint: str = row["fingerprint"]
    if not fingerprint.startswith(_TAKEN):
        raise ClientIdConflictError()
    return fingerprint.removeprefix(_TAKEN)
