"""The events of saved replies.

They say which one has changed, and not what it says: all agents get them, and a personal saved
reply is nobody else's business. Whoever sees it asks for it. So nothing has to be taken out of the
log when it is deleted.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from campfire_chat.access.records import Participant
from campfire_chat.ledger.events import EventType


class SavedReplyEvent(Struct, frozen=True, kw_only=True):
    """A saved reply was created, changed or deleted.

    Attributes:
        id: The saved reply.
        owner_id: The agent whose it is now; null if it is shared.
        actor: Who did it.
    """

    id: str
    owner_id: str | None
    actor: Participant


SAVED_REPLY_CHANGED: Final = EventType("saved_reply.changed", ("inbox",), SavedReplyEvent)
SAVED_REPLY_DELETED: Final = EventType("saved_reply.deleted", ("inbox",), SavedReplyEvent)

EVENTS: Final = (SAVED_REPLY_CHANGED, SAVED_REPLY_DELETED)
