"""The rules of messages: what one may say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.core import text
from campfire_chat.features.messages.errors import BodyEmptyError, BodyTooLongError
from campfire_chat.features.messages.records import Message, Preview

#: The newest messages after what a writer has seen that a checked send looks at, and how many of
#: them it tells at most. Both bound what one send costs, however long ago the writer looked.
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


def is_checked(writer: Participant) -> bool:
    """Whether replies of this writer are held: a visitor has no colleagues."""
    return writer.kind is not SenderKind.VISITOR


def answered_since(since: Iterable[Message], writer: Participant) -> bool:
    """Whether a reply is held: a colleague has answered, and the writer has not seen it.

    Only an agent is a colleague. What the visitor adds does not hold a reply, since it still waits
    for an answer, and a writer who is stopped for each line learns to send without looking. The
    same is true of what bots and programs say. A deleted answer says nothing any more. The writer's
    own messages, from another device or a moment ago, are known to them.

    Args:
        since: The public messages after the last event that the writer saw.
    """
    return any(
        message.sender.kind is SenderKind.AGENT
        and message.sender.id != writer.id
        and message.deleted_at is None
        for message in since
    )


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
