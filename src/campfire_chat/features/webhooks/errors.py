"""What may be wrong with a webhook."""

from __future__ import annotations

from campfire_chat.core.errors import InvalidError


class InvalidWebhookError(InvalidError):
    """The webhook cannot have this value."""

    code = "invalid_webhook"
