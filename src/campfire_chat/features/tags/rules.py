"""What a tag may be, and which names are the same."""

from __future__ import annotations

import unicodedata
from typing import Final

from campfire_chat.core import text
from campfire_chat.features.tags.errors import InvalidTagError

#: Characters of a name and of a description.
MOST_NAME: Final = 40
MOST_DESCRIPTION: Final = 200
#: Tags that an organisation can have.
MOST_TAGS: Final = 1_000


def check_name(name: str, *, field: str = "name") -> str:
    """A name as it is stored.

    Raises:
        InvalidError: It is empty, too long, or has more than one line.
        InvalidTextError: It cannot be stored.
    """
    return text.check_line(unicodedata.normalize("NFC", name), field=field, limit=MOST_NAME)


def check_description(description: str) -> str:
    """A description as it is stored; it may be empty.

    Raises:
        InvalidTagError: It is too long.
        InvalidTextError: It cannot be stored.
    """
    text.check_text(description, field="description")
    found = " ".join(description.split())
    if len(found) > MOST_DESCRIPTION:
        raise InvalidTagError(
            f"A description has at most {MOST_DESCRIPTION} characters.", field="description"
        )
    return found


def same_name(name: str) -> str:
    """A name for comparing: without the difference of upper and lower case, and of characters that
    look the same. Two tags for which it is the same would be taken for one another."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
