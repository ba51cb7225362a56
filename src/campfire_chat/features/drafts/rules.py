"""The rules of drafts."""

from __future__ import annotations

from typing import Final

from campfire_chat.core import text
from campfire_chat.features.drafts.records import DraftText
from campfire_chat.features.messages.errors import BodyTooLongError

#: Drafts that an agent may have at once, one in each conversation.
MOST_DRAFTS: Final = 500


def check(draft: DraftText, *, limit: int) -> DraftText:
    """Check the texts of a draft. They are stored unchanged.

    Args:
        limit: Unicode code points of each of them, as for messages.

    Raises:
        BodyTooLongError: One has more.
        InvalidTextError: One cannot be stored.
    """
    for field in ("reply", "note"):
        body: str = getattr(draft, field)
        if len(body) > limit:
            raise BodyTooLongError(f"A draft may have at most {limit} characters.", field=field)
        text.check_text(body, field=field)
    return draft


def is_empty(draft: DraftText) -> bool:
    """Whether there is nothing to keep: what is answered alone is no draft."""
    return not (draft.reply or draft.note)
