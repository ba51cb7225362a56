"""What may be wrong with a saved reply."""

from __future__ import annotations

from campfire_chat.core.errors import CampfireError, InvalidError


class InvalidSavedReplyError(InvalidError):
    """The saved reply is not valid."""

    code = "invalid_saved_reply"


class ShortcutTakenError(CampfireError):
    """Another saved reply has this shortcut."""

    code = "shortcut_taken"
    status = 409


class TooManySavedRepliesError(CampfireError):
    """There are as many saved replies as there may be. Delete one first."""

    code = "too_many_saved_replies"
    status = 409
