"""The rules of messages: what one may say."""

from __future__ import annotations

from campfire_chat.core import text
from campfire_chat.features.messages.errors import BodyEmptyError, BodyTooLongError


def check_body(body: str, *, limit: int) -> str:
    """Check a message body. It is stored unchanged: nothing is normalised or trimmed.

    Args:
        limit: Unicode code points, as ``len`` counts them; an emoji made of several counts as
            several. ``frontend/common/text.ts`` counts the same.

    Raises:
        BodyEmptyError: It contains nothing visible.
        BodyTooLongError: More than ``limit`` characters.
        InvalidTextError: It cannot be stored.
    """
    if len(body) > limit:
        raise BodyTooLongError(f"A message may have at most {limit} characters.", field="body")
    text.check_text(body, field="body")
    if text.is_blank(body):
        raise BodyEmptyError(field="body")
    return body
