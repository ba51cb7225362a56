"""The endpoint of receipts."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.core.errors import NotFoundError
from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ
from campfire_chat.features.conversations.service import ConversationService
from campfire_chat.features.receipts.operations import Marked
from campfire_chat.features.receipts.service import ReceiptService
from campfire_chat.http.endpoints import Call, Cost, Endpoint, Reply
from campfire_chat.realtime.frames import Seq


class ReceiptCreate(Struct, frozen=True, kw_only=True):
    """Seqs of ``conversation:<id>``. Marks never decrease."""

    delivered: Seq | None = None
    read: Seq | None = None


async def create(call: Call) -> Reply:
    body: ReceiptCreate = call.body
    about = call.path["conversation_id"]
    await call.service(ConversationService).admit_writer(call.actor, about)
    return Reply(
        await call.service(ReceiptService).mark(
            call.actor, about, delivered=body.delivered, read=body.read
        )
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="create_receipt",
        method="POST",
        path="/conversations/{conversation_id}/receipts",
        permission=CONVERSATIONS_READ,
        handler=create,
        summary="Advance the caller's delivered and read marks",
        body=ReceiptCreate,
        returns={200: Marked},
        errors=(NotFoundError,),
        cost=Cost.WRITE,
        by_person=True,
    ),
)
