"""What may be wrong with what somebody wants of a contact."""

from __future__ import annotations

from campfire_chat.core.errors import CampfireError, InvalidError


class InvalidAttributeError(InvalidError):
    """A contact cannot have this attribute or this value."""

    code = "invalid_attribute"


class ContactBlockedError(CampfireError):
    """You cannot write here any more."""

    code = "contact_blocked"
    status = 403
