"""The operations of the ledger."""

from __future__ import annotations

import hashlib
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec
from sqlalchemy import select

from campfire_chat.domain.principal import Scope
from campfire_chat.errors import ClientIdConflictError
from campfire_chat.models import Visibility
from campfire_chat.storage import statements, tables
from campfire_chat.storage.records import client_key
from campfire_chat.storage.transaction import Transaction

T = TypeVar("T")


class Operation(ABC, Generic[T]):
    """A write. It names the conversations that it may change, because they are locked first.

    Args:
        scope: The caller and the organisation.
        conversation_ids: All existing conversations that it may change.

    Attributes:
        alters_records: Whether it may change what conversations show of contacts and agents, or
            conversations themselves.
        size: Approximate number of bytes that it holds while it waits.
        by_visitor: Whether it may use only the part of the queue for visitors.
        merge_key: It may be merged into a waiting operation with the same key. None if it cannot
            be merged.
    """

    alters_records: bool = True
    #: Measured size in bytes of an operation without much text, with its future and its caller.
    size: int = 800
    merge_key: tuple[str, ...] | None = None

    def __init__(self, scope: Scope, conversation_ids: Sequence[str] = ()) -> None:
        self.scope: Scope = scope
        self.by_visitor = not scope.is_agent
        self.conversation_ids = conversation_ids

    @property
    def organization(self) -> str:
        return self.scope.organization

    def merge(self, later: Operation[T]) -> None:
        """Do what a later operation with the same ``merge_key`` asks for as well; both callers are
        given the same answer."""
        raise AssertionError(f"{self!r} stands alone")

    @abstractmethod
    async def run(self, transaction: Transaction) -> T:
        """Run inside ``transaction``. May be called again after a failed commit.

        Raises:
            CampfireError: It is refused, and nothing of it is stored.
        """


class Bulk(Operation[T]):
    """An operation that is processed together with others, without a savepoint.

    It checks everything before it changes anything, and changes only memory.

    Attributes:
        reads_more: Whether it needs more than its conversation and the marks in it.
    """

    reads_more: bool = False


class Once(Operation[T]):
    """An operation that takes effect once for each client id, however often it is repeated.

    Args:
        client_id: Its client id. Without one it always takes effect.
        content: Describes the operation, so that the same id with different content is noticed.
            Only the digest is stored.
    """

    def __init__(
        self, scope: Scope, conversation_ids: Sequence[str], *, client_id: str | None, content: str
    ) -> None:
        super().__init__(scope, conversation_ids)
        self._client_id = client_id
        self._fingerprint = hashlib.blake2b(content.encode(), digest_size=16).hexdigest()

    async def run(self, transaction: Transaction) -> T:
        if self._client_id is None:
            return await self.do(transaction)
        session = transaction.session
        key = client_key(self.scope.sender_key, self._client_id)
        stored = await session.first(
            select(tables.idempotency.c.fingerprint).where(
                tables.idempotency.c.org_id == self.organization,
                tables.idempotency.c.client_key == key,
            )
        )
        if stored is not None:
            if stored["fingerprint"] != self._fingerprint:
                raise ClientIdConflictError()
            for conversation_id in self.conversation_ids:
                transaction.repeat(transaction.conversation(self.scope, conversation_id))
            return await self.repeat(transaction)
        result = await self.do(transaction)
        row = (self.organization, key, self._fingerprint, transaction.now)
        await session.write(statements.INSERT_IDEMPOTENCY, [row])
        return result

    @abstractmethod
    async def do(self, transaction: Transaction) -> T:
        """Run it for the first time."""

    @abstractmethod
    async def repeat(self, transaction: Transaction) -> T:
        """The answer to a repetition: the present state."""


class Sent(msgspec.Struct, frozen=True):
    """The answer to a send. ``duplicate`` says that the message had been stored before."""

    message_id: str
    seq: int
    at: str
    duplicate: bool


class Send(Bulk[Sent]):
    """Add a message to a conversation. ``body`` has passed ``check_body``.

    Args:
        assign: Whether an agent who answers an unassigned conversation gets it.
    """

    def __init__(
        self,
        scope: Scope,
        conversation_id: str,
        *,
        client_id: str,
        body: str,
        visibility: Visibility,
        reply_to: str | None,
        assign: bool = False,
    ) -> None:
        super().__init__(scope, (conversation_id,))
        self.conversation_id = conversation_id
        self.client_id = client_id
        self.key = client_key(scope.sender_key, client_id)
        self.body = body
        self.size += sys.getsizeof(body)
        self.visibility = visibility
        self.reply_to = reply_to
        self.assign = assign
        self.reads_more = reply_to is not None

    async def run(self, transaction: Transaction) -> Sent:
        raise AssertionError("sends are run in bulk")


class Marked(msgspec.Struct, frozen=True):
    """The caller's marks, and the number of messages after the read mark."""

    delivered: int
    read: int
    unread: int


class MarkSeen(Bulk[Marked]):
    """Advance the caller's marks in a conversation."""

    def __init__(
        self, scope: Scope, conversation_id: str, *, delivered: int | None, read: int | None
    ) -> None:
        super().__init__(scope, (conversation_id,))
        self.conversation_id = conversation_id
        self.delivered = delivered
        self.read = read
        self.merge_key = (scope.organization, conversation_id, scope.sender_key)

    def merge(self, later: Operation[Marked]) -> None:
        if not isinstance(later, MarkSeen):
            raise AssertionError(f"{later!r} marks nothing")
        # Marks only ever move forward, so the furthest of them says it all.
        self.scope = later.scope
        self.delivered = _furthest(self.delivered, later.delivered)
        self.read = _furthest(self.read, later.read)

    async def run(self, transaction: Transaction) -> Marked:
        raise AssertionError("receipts are run in bulk")


def _furthest(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)
