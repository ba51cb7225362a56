"""The events of drafts. Only the agent whose draft it is gets them, and they say no text: the log
keeps events, and a draft is nobody's business once it was sent or given up."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from campfire_chat.core.scalars import Timestamp
from campfire_chat.ledger.events import EventType


class DraftChanged(Struct, frozen=True, kw_only=True):
    """The agent whose stream this is has changed a draft.

    Attributes:
        updated_at: That of the draft now. Null: it is gone, since it was sent or given up.
    """

    conversation_id: str
    updated_at: Timestamp | None


DRAFT_CHANGED: Final = EventType("draft.changed", ("agent",), DraftChanged)

EVENTS: Final = (DRAFT_CHANGED,)
