"""The ETag of settings, and the ``If-Match`` of a change: RFC 9110, sections 8.8.3 and 13.1.1."""

from __future__ import annotations

import re

from campfire_chat.core.errors import InvalidError

_TAG = r'(?:W/)?"[^"\x00-\x20\x7f]*"'
_TAGS = re.compile(rf"\s*{_TAG}(?:\s*,\s*{_TAG})*\s*")


def etag_of(number: int) -> str:
    """The ETag of settings that the change of that number has made."""
    return f'"{number}"'


def expected_tags(if_match: str | None) -> frozenset[str] | None:
    """The ETags of which one has to be the present one; None if every state will do.

    A weak ETag matches nothing, as RFC 9110 says of ``If-Match``.

    Raises:
        InvalidError: The header cannot be read.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    if _TAGS.fullmatch(if_match) is None:
        raise InvalidError("If-Match needs ETags in double quotes.", field="If-Match")
    return frozenset(tag for tag in re.findall(_TAG, if_match) if not tag.startswith("W/"))
