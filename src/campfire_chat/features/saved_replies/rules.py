"""What a saved reply may be, how it is found, and who may change it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from campfire_chat.access.permissions import Permission
from campfire_chat.core import text
from campfire_chat.features.saved_replies.errors import InvalidSavedReplyError
from campfire_chat.features.saved_replies.permissions import (
    SAVED_REPLIES_SHARE,
    SAVED_REPLIES_WRITE,
)

#: Characters of each part.
MOST_SHORTCUT: Final = 40
MOST_TITLE: Final = 120
MOST_BODY: Final = 5_000
#: Saved replies that an organisation shares, and that an agent has besides.
MOST_SHARED: Final = 500
MOST_PERSONAL: Final = 200

_SHORTCUT = re.compile(r"[^\W_](?:[\w.-]*\w)?")


def check_shortcut(shortcut: str) -> str:
    """A shortcut as it is stored: in lower case, without the slash that one types before it.

    Raises:
        InvalidSavedReplyError: It is empty, too long, or has other characters than letters,
            digits, ``-``, ``_`` and ``.``.
        InvalidTextError: It cannot be stored.
    """
    text.check_text(shortcut, field="shortcut")
    found = unicodedata.normalize("NFC", shortcut.strip().removeprefix("/").lower())
    if len(found) > MOST_SHORTCUT or not _SHORTCUT.fullmatch(found):
        raise InvalidSavedReplyError(
            f"A shortcut has 1 to {MOST_SHORTCUT} letters, digits, hyphens, dots or underscores. "
            "It begins with a letter or a digit.",
            field="shortcut",
        )
    return found


def check_title(title: str) -> str:
    """
    Raises:
        InvalidError: It is empty, too long, or has more than one line.
        InvalidTextError: It cannot be stored.
    """
    return text.check_line(title, field="title", limit=MOST_TITLE)


def check_body(body: str) -> str:
    """
    Raises:
        InvalidSavedReplyError: It is empty or too long.
        InvalidTextError: It cannot be stored.
    """
    text.check_text(body, field="body")
    if len(body) > MOST_BODY or text.is_blank(body):
        raise InvalidSavedReplyError(
            f"A saved reply has 1 to {MOST_BODY} characters.", field="body"
        )
    return body


def words_of(words: str) -> list[str]:
    """The folded words of a text, or of what somebody searches for."""
    return re.findall(r"\w+", text.folded(words))


def searchable(shortcut: str, title: str, body: str) -> str:
    """Every word once, each after a space: a word begins with ``te`` where `` te`` is in it."""
    return "".join(f" {word}" for word in dict.fromkeys(words_of(f"{shortcut} {title} {body}")))


def needed_for(owner_id: str | None) -> Permission:
    """What somebody needs to change a saved reply that they can see."""
    return SAVED_REPLIES_SHARE if owner_id is None else SAVED_REPLIES_WRITE


def most(owner_id: str | None) -> int:
    """How many there may be: of the organisation together, or of an agent."""
    return MOST_SHARED if owner_id is None else MOST_PERSONAL
