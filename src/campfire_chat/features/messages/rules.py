"""The rules of messages: what one may say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.core import text
from campfire_chat.core.errors import InvalidError
from campfire_chat.features.messages.errors import BodyEmptyError, BodyTooLongError
from campfire_chat.features.messages.records import Message, Preview

#: How far behind the head a writer may be for a checked send to look whether a colleague is among
#: those who have spoken since; whoever is further behind has to look first. The newest messages
#: that are read for what is told, and how many are told at most. All bound what one send costs.
MOST_BEHIND = 5_000
MOST_LOOKED_AT = 100
MOST_TOLD = 20


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


#: What stands where a text was removed. It does not tell how long the text was.
REMOVED = "███"


def redacted(body: str, removed: str | None) -> str:
    """A text without what is to be removed, wherever it stands. Where it stands several times on
    end, one mark takes the place of all.

    Args:
        removed: Exactly what is to be removed; None for all of it.
    """
    if removed is None:
        return REMOVED
    return re.sub(f"(?:{re.escape(removed)})+", REMOVED, body)


def check_left(left: str, before: str, *, limit: int) -> str:
    """What is left of a text of which a part was removed. A mark is longer than a short part.

    Args:
        limit: As for :func:`check_body`.

    Raises:
        BodyTooLongError: It has become longer than a message may be.
    """
    if len(left) > max(limit, len(before)):
        raise BodyTooLongError(
            f"With a mark in each place the message would have more than {limit} characters. "
            "Remove a longer part, or all of it.",
            field="text",
        )
    return left


def check_removed(removed: str | None) -> str | None:
    """
    Raises:
        InvalidError: It contains nothing visible, or is a part of what stands in its place.
        InvalidTextError: It cannot be stored, so no message says it.
    """
    if removed is None:
        return None
    text.check_text(removed, field="text")
    if text.is_blank(removed) or removed in REMOVED:
        raise InvalidError("The text that is to be removed is empty.", field="text")
    return removed


def is_checked(writer: Participant) -> bool:
    """Whether replies of this writer are held: a visitor has no colleagues."""
    return writer.kind is not SenderKind.VISITOR


def told_since(since: Sequence[Message]) -> list[Preview]:
    """The newest of these messages that still say something, in their order."""
    present = [message for message in since if message.deleted_at is None]
    return [
        Preview(
            id=message.id,
            seq=message.seq,
            at=message.at,
            sender=message.sender,
            text=text.preview(message.body),
        )
        for message in present[-MOST_TOLD:]
    ]
