"""All errors that campfire-chat raises or sends, in one tree.

Each class has a stable ``code`` for programs, an HTTP ``status``, and ``final``, which says
whether repeating the same request can never succeed. Errors that can close a socket have a
WebSocket ``close_code``. The docstring of a class is its default message.
"""

from __future__ import annotations

from typing import ClassVar


class CampfireError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    close_code: ClassVar[int | None] = None
    final: ClassVar[bool] = True

    def __init__(
        self,
        message: str | None = None,
        *,
        field: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """
        Args:
            message: What went wrong, for a person. The default is the docstring of the class.
            field: The part of the input that was refused, as a path such as ``message.body``.
            retry_after: Seconds after which the caller may try again.
        """
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.field = field
        self.retry_after = retry_after
        super().__init__(self.message)


# Errors for the developer of the host app: they prevent the start.


class ConfigurationError(CampfireError):
    """The configuration cannot work."""

    code = "configuration"


class ExampleKeyError(CampfireError):
    """secret_key is the example from the documentation, which everybody knows. Set your own key."""

    code = "example_key"
    close_code = 1011


class NotStartedError(CampfireError):
    """campfire-chat was not started. Mount it with mount_to(), or run campfire.lifespan."""

    code = "not_started"
    status = 503
    close_code = 1013


class MigrationError(CampfireError):
    """The database schema is not the one that this version needs."""

    code = "schema_mismatch"
    status = 503


# Bad input.


class InvalidError(CampfireError):
    """The input is not valid."""

    code = "invalid"
    status = 422


class MalformedError(CampfireError):
    """The input is not valid JSON."""

    code = "malformed"
    status = 400


class UnknownFrameError(CampfireError):
    """There is no frame of that type."""

    code = "unknown_frame"
    status = 422


class BodyEmptyError(InvalidError):
    """The message is empty."""

    code = "body_empty"


class BodyTooLongError(InvalidError):
    """The message is too long."""

    code = "body_too_long"


class InvalidTextError(InvalidError):
    """The text contains characters that cannot be stored."""

    code = "invalid_text"


class InvalidSettingError(InvalidError):
    """The setting cannot have this value."""

    code = "invalid_setting"


class UnknownSettingError(InvalidError):
    """There is no setting of that name."""

    code = "unknown_setting"


class InvalidCursorError(InvalidError):
    """The cursor does not come from this list."""

    code = "invalid_cursor"


class TooLargeError(CampfireError):
    """The frame or request body is too large."""

    code = "too_large"
    status = 413
    close_code = 4413


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


class BadFrameError(CampfireError):
    """The frame violates the protocol."""

    code = "bad_frame"
    status = 400
    close_code = 4400


class HelloTimeoutError(CampfireError):
    """No hello arrived in time."""

    code = "hello_timeout"
    status = 408
    close_code = 4408


class ProtocolVersionError(CampfireError):
    """None of the offered subprotocols is supported. Use campfire.v1."""

    code = "protocol_version"
    status = 400
    close_code = 4480


# Permission.


class UnauthorizedError(CampfireError):
    """Sign in, or send a visitor's token."""

    code = "unauthorized"
    status = 401
    close_code = 4401


class TokenInvalidError(UnauthorizedError):
    """The token is not valid here."""

    code = "token_invalid"


class TokenExpiredError(UnauthorizedError):
    """The token has expired."""

    code = "token_expired"


class SessionChangedError(UnauthorizedError):
    """Somebody else is signed in now."""

    code = "session_changed"


class RenewalNeededError(CampfireError):
    """Prove your session with a renew frame, then send the same frame again; nothing was stored."""

    code = "renewal_needed"
    status = 401
    final = False


class ForbiddenError(CampfireError):
    """You do not have permission to do that."""

    code = "forbidden"
    status = 403
    close_code = 4403


class WrongOrganizationError(ForbiddenError):
    """You belong to another organisation than this address."""

    code = "wrong_organization"


class OriginForbiddenError(ForbiddenError):
    """Requests from this origin are not allowed."""

    code = "origin_forbidden"


class NotFoundError(CampfireError):
    """It does not exist, or you may not see it."""

    code = "not_found"
    status = 404
    close_code = 4404


class UnknownOrganizationError(NotFoundError):
    """There is no such organisation."""

    code = "unknown_organization"


class ClientIdConflictError(CampfireError):
    """This client id was already used with different content."""

    code = "client_id_conflict"
    status = 409


class MessageDeletedError(CampfireError):
    """The message was deleted."""

    code = "message_deleted"
    status = 409


# Temporary: the same request may succeed later.


class TooManyError(CampfireError):
    """Too many requests. Slow down."""

    code = "too_many"
    status = 429
    close_code = 4429
    final = False


class UnavailableError(CampfireError):
    """The service cannot do this right now. Nothing was stored."""

    code = "unavailable"
    status = 503
    close_code = 1013
    final = False


class HostUnavailableError(UnavailableError):
    """The site cannot check who you are right now. Try again in a moment."""

    code = "host_unavailable"


class StorageUnavailableError(UnavailableError):
    """The database cannot be reached right now. Nothing was acknowledged."""

    code = "storage_unavailable"


class OverloadedError(UnavailableError):
    """Too much work is waiting. Try again in a moment."""

    code = "overloaded"


class InternalError(CampfireError):
    """An unexpected error happened. It was logged."""

    code = "internal"
    close_code = 1011
    final = False


#: Close codes for which there is no error.
CLOSE_RESTARTING = 1012
CLOSE_TOO_SLOW = 4470


def _tree(cls: type[CampfireError]) -> list[type[CampfireError]]:
    found = [cls]
    for sub in cls.__subclasses__():
        found += _tree(sub)
    return found


def all_errors() -> dict[str, type[CampfireError]]:
    """All error classes by their code. The test of the reference documentation uses this."""
    return {error.code: error for error in _tree(CampfireError)}
