"""The errors of messages."""

from __future__ import annotations

from campfire_chat.core.errors import CampfireError, InvalidError, InvalidTextError


class MessageDeletedError(CampfireError):
    """The message was deleted."""

    code = "message_deleted"
    status = 409


class AnsweredSinceError(CampfireError):
    """A colleague has answered since.

    The details are an :class:`~campfire_chat.features.messages.records.AnsweredSince`.
    """

    code = "answered_since"
    status = 412


class BodyEmptyError(InvalidError):
    """The message is empty."""

    code = "body_empty"


class BodyTooLongError(InvalidError):
    """The message is too long."""

    code = "body_too_long"


class TextNotFoundError(InvalidError):
    """The message does not say that, and never did."""

    code = "text_not_found"


#: What may be wrong with the text of a message.
TEXT_ERRORS = (BodyEmptyError, BodyTooLongError, InvalidTextError)
