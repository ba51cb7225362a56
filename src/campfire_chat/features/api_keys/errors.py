"""What may be wrong with API keys."""

from __future__ import annotations

from campfire_chat.core.errors import CampfireError, ForbiddenError


class UnknownAgentError(ForbiddenError):
    """There is no such agent. PUT /agents/{external_id} stores one."""

    code = "unknown_agent"


class TooManyKeysError(CampfireError):
    """The organisation has too many API keys. Revoke one that nobody uses."""

    code = "too_many_keys"
    status = 409
