"""Errors of the functions that are called before something happens."""

from __future__ import annotations

from campfire_chat.core.errors import CampfireError, UnavailableError


class MessageRefusedError(CampfireError):
    """The message was refused."""

    code = "message_refused"
    status = 422


class HookFailedError(UnavailableError):
    """The message could not be checked. Nothing was stored. Try again in a moment."""

    code = "hook_failed"


#: What a message may be answered with if the host app has functions that look at it before.
REVIEW_ERRORS = (MessageRefusedError, HookFailedError)
