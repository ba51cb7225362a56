"""Converts the errors of msgspec into errors of campfire-chat."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn, cast, overload

import msgspec

from campfire_chat.core import clock
from campfire_chat.core.errors import InvalidError, InvalidTextError, MalformedError

#: The exceptions of decoding JSON, except those for values of the wrong type.
UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)

_MISSING = re.compile(r"missing required field `([^`]+)`")


def invalid(cause: msgspec.ValidationError) -> InvalidError:
    """The error for a value that is missing, of the wrong type or out of range, with its field.

    msgspec appends ``… - at `$.a.b` `` to its message, and names a missing field before that.
    """
    message, _, location = str(cause).partition(" - at `$")
    path = [location.rstrip("`").lstrip(".")]
    if missing := _MISSING.search(message):
        path.append(missing[1])
    return InvalidError(message, field=".".join(filter(None, path)) or None)


def malformed(
    raw: bytes, cause: Exception
) -> tuple[InvalidTextError | MalformedError, dict[str, Any]]:
    """Why this is not valid JSON, and its fields if only half a surrogate pair is wrong.

    JSON's grammar allows such a half as an escape, and a browser's ``JSON.stringify`` writes it.
    It is not a character, so it can be neither stored nor delivered.
    """
    if isinstance(cause, RecursionError):
        return MalformedError("The JSON is nested too deeply."), {}
    try:
        # Python's own parser accepts halves. It would also accept the number NaN.
        said: Any = json.loads(raw, parse_constant=_refuse)
        halved = not _encodable(said)
    except (ValueError, RecursionError):
        return MalformedError(str(cause)), {}
    if not halved:
        return MalformedError(str(cause)), {}
    fields = cast("dict[str, Any]", said) if isinstance(said, dict) else {}
    return InvalidTextError("The text contains half of a surrogate pair."), fields


def _encodable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


@overload
def moment(text: str | None, *, field: str) -> int | None: ...


@overload
def moment(
    text: str | msgspec.UnsetType | None, *, field: str
) -> int | msgspec.UnsetType | None: ...


def moment(text: str | msgspec.UnsetType | None, *, field: str) -> int | msgspec.UnsetType | None:
    """The microseconds since 1970 of an RFC 3339 time in a body. None and UNSET stay as they are.

    Raises:
        InvalidError: It is no such time, or one that can be neither stored nor shown.
    """
    if text is None or isinstance(text, msgspec.UnsetType):
        return text
    try:
        at = clock.parse_rfc3339(text)
    except (ValueError, OverflowError):
        raise InvalidError("The time must look like 2026-01-31T09:00:00Z.", field=field) from None
    if not 0 <= at < clock.parse_rfc3339("9999-01-01T00:00:00Z"):
        raise InvalidError("The time is out of range.", field=field)
    return at
