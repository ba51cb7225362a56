"""Receipts, for the code of the host app."""

from __future__ import annotations

from campfire_chat.features.receipts.operations import Marked
from campfire_chat.http.in_process import InProcess


class ReceiptsApi:
    """What one caller may do with receipts."""

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller

    async def mark(
        self, conversation_id: str, *, delivered: int | None = None, read: int | None = None
    ) -> Marked:
        """Advance the caller's marks; they never go back.

        Args:
            delivered: The ``seq`` of the last message that has arrived.
            read: The ``seq`` of the last message that was read.

        Raises:
            NotFoundError: There is no such conversation, or the caller may not see it.
        """
        return await self._caller.call(
            "create_receipt",
            path={"conversation_id": conversation_id},
            body={"delivered": delivered, "read": read},
        )
