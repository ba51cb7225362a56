"""The errors of requests, whatever they are about."""

from __future__ import annotations

from campfire_chat.core.errors import CampfireError, ForbiddenError


class BodyTimeoutError(CampfireError):
    """The request body did not arrive in time."""

    code = "body_timeout"
    status = 408
    final = False


class MethodNotAllowedError(CampfireError):
    """This method is not supported here."""

    code = "method_not_allowed"
    status = 405


class UnsupportedMediaTypeError(CampfireError):
    """The request body must be application/json."""

    code = "unsupported_media_type"
    status = 415


class ExampleKeyError(CampfireError):
    """secret_key is the example from the documentation, which everybody knows. Set your own key."""

    code = "example_key"
    close_code = 1011


class AgentNeededError(ForbiddenError):
    """An API key does this only as an agent. Name the agent with the header Campfire-Agent."""

    code = "agent_needed"
