"""What may be wrong with a search."""

from __future__ import annotations

from campfire_chat.core.errors import InvalidError


class InvalidSearchError(InvalidError):
    """The search cannot be understood."""

    code = "invalid_search"


class SearchTooBroadError(InvalidError):
    """The search fits too much to be answered in time. Add words, or a time with after:."""

    code = "search_too_broad"
