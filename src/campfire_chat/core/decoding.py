"""Converts the errors of msgspec into errors of campfire-chat."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn, cast

import msgspec

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
