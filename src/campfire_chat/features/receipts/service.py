"""Receipts, for the API."""

from __future__ import annotations

import asyncio

from campfire_chat.access.actor import Actor
from campfire_chat.features.receipts.operations import Marked, MarkSeen
from campfire_chat.ledger.storage import Storage


class ReceiptService:
    """See the module."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def mark(
        self, actor: Actor, conversation_id: str, *, delivered: int | None, read: int | None
    ) -> asyncio.Future[Marked]:
        """Advance the caller's marks. The write enters the queue during the call."""
        return self._storage.submit(
            MarkSeen(actor, conversation_id, delivered=delivered, read=read)
        )
