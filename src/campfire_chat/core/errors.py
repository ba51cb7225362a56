"""The errors that every room may raise, and the root of all others.

An error of one noun, or of one room of the engine, is declared there, in its ``errors.py``.
:func:`all_errors` gathers them.

Each class has a stable ``code`` for programs, an HTTP ``status``, and ``final``, which says
whether repeating the same request can never succeed. Errors that can close a socket have a
WebSocket ``close_code``. The docstring of a class is its default message.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from msgspec import Struct


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
        details: Struct | None = None,
    ) -> None:
        """
        Args:
            message: What went wrong, for a person. The default is the docstring of the class.
            field: The part of the input that was refused, as a path such as ``message.body``.
            retry_after: Seconds after which the caller may try again.
            details: What a program needs to go on, such as the present state. Each class says
                which type it is. The attribute has its fields, as they go over the wire.
        """
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.field = field
        self.retry_after = retry_after
        self.details: dict[str, Any] | None = (
            None if details is None else msgspec.to_builtins(details)
        )
        super().__init__(self.message)


# Errors for the developer of the host app: they prevent the start.


class ConfigurationError(CampfireError):
    """The configuration cannot work."""

    code = "configuration"


class NotStartedError(CampfireError):
    """campfire-chat was not started. Mount it with mount_to(), or run campfire.lifespan."""

    code = "not_started"
    status = 503
    close_code = 1013


# Bad input.


class InvalidError(CampfireError):
    """The input is not valid."""

    code = "invalid"
    status = 422


class MalformedError(CampfireError):
    """The input is not valid JSON."""

    code = "malformed"
    status = 400


class InvalidTextError(InvalidError):
    """The text contains characters that cannot be stored."""

    code = "invalid_text"


class InvalidCursorError(InvalidError):
    """The cursor does not come from this list."""

    code = "invalid_cursor"


class TooLargeError(CampfireError):
    """The frame or request body is too large."""

    code = "too_large"
    status = 413
    close_code = 4413


# Permission.


class UnauthorizedError(CampfireError):
    """Sign in, or send a visitor's token."""

    code = "unauthorized"
    status = 401
    close_code = 4401


class ForbiddenError(CampfireError):
    """You do not have permission to do that."""

    code = "forbidden"
    status = 403
    close_code = 4403


class NotFoundError(CampfireError):
    """It does not exist, or you may not see it."""

    code = "not_found"
    status = 404
    close_code = 4404


class ClientIdConflictError(CampfireError):
    """This client id was already used with different content."""

    code = "client_id_conflict"
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


def _tree(cls: type[CampfireError]) -> list[type[CampfireError]]:
    found = [cls]
    for sub in cls.__subclasses__():
        found += _tree(sub)
    return found


def all_errors() -> dict[str, type[CampfireError]]:
    """All error classes that have been imported, by their code."""
    return {error.code: error for error in _tree(CampfireError)}
