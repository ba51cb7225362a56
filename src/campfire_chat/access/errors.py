"""The errors of those who decide who is there, and where they may go."""

from __future__ import annotations

from campfire_chat.core.errors import (
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
    UnavailableError,
)


class TokenInvalidError(UnauthorizedError):
    """The token is not valid here."""

    code = "token_invalid"


class TokenExpiredError(UnauthorizedError):
    """The token has expired."""

    code = "token_expired"


class RestOnlyError(UnauthorizedError):
    """API keys are for REST requests only."""

    code = "rest_only"


class SessionChangedError(UnauthorizedError):
    """Somebody else is signed in now."""

    code = "session_changed"


class WrongOrganizationError(ForbiddenError):
    """You belong to another organisation than this address."""

    code = "wrong_organization"


class OriginForbiddenError(ForbiddenError):
    """Requests from this origin are not allowed."""

    code = "origin_forbidden"


class UnknownOrganizationError(NotFoundError):
    """There is no such organisation."""

    code = "unknown_organization"


class HostUnavailableError(UnavailableError):
    """The site cannot check who you are right now. Try again in a moment."""

    code = "host_unavailable"
