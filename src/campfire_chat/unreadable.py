"""What is wrong with input that msgspec refuses, as one of our errors."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn, cast

import msgspec

from campfire_chat.errors import InvalidError, InvalidTextError, MalformedError

#: What decoding JSON may raise, apart from bytes that are of the wrong type.
UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)

_MISSING = re.compile(r"missing required field `([^`]+)`")


def invalid(cause: msgspec.ValidationError) -> InvalidError:
    """A value of the wrong type or out of range, or one that is missing, and which field it is.

    msgspec says ``… - at `$.a.b` ``, and names what is missing in front of that.
    """
    message, _, location = str(cause).partition(" - at `$")
    path = [location.rstrip("`").lstrip(".")]
    if missing := _MISSING.search(message):
        path.append(missing[1])
    return InvalidError(message, field=".".join(filter(None, path)) or None)


def malformed(
    raw: bytes, cause: Exception
) -> tuple[InvalidTextError | MalformedError, dict[str, Any]]:
    """Why this cannot be read as JSON; and its fields, when only half a surrogate pair is wrong.

    JSON's grammar allows such a half, written as an escape, and a browser's ``JSON.stringify``
    writes it. It stands for no character, so it can neither be stored nor sent on.
    """
    if isinstance(cause, RecursionError):
        return MalformedError("The JSON is nested too deeply."), {}
    try:
        # Python's own parser takes halves. The number NaN it would take as well.
        said: Any = json.loads(raw, parse_constant=_refuse)
        halved = not _encodable(said)
    except (ValueError, RecursionError):
        return MalformedError(str(cause)), {}
    if not halved:
        return MalformedError(str(cause)), {}
    fields = cast("dict[str, Any]", said) if isinstance(said, dict) else {}
    return InvalidTextError("The text holds half of a surrogate pair."), fields


def _encodable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
