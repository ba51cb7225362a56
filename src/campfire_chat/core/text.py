"""Text from outside: what can be stored, and what counts as empty."""

from __future__ import annotations

import re
import unicodedata

from campfire_chat.core import markup
from campfire_chat.core.errors import InvalidError, InvalidTextError

#: Characters of a message shown in a list row.
PREVIEW_LENGTH = 140


def check_text(text: str, *, field: str) -> None:
    """Refuse what a database, or UTF-8 itself, cannot hold.

    Raises:
        InvalidTextError: A NUL (PostgreSQL refuses it) or a lone surrogate.
    """
    if "\x00" in text:
        raise InvalidTextError("The text contains a NUL character.", field=field)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise InvalidTextError(
                "The text contains half of a surrogate pair.", field=field
            ) from None


def check_client_id(client_id: str) -> str:
    """
    Raises:
        InvalidTextError: The id that a client gave a write cannot be stored.
    """
    check_text(client_id, field="client_id")
    return client_id


def check_optional_client_id(client_id: str | None) -> str | None:
    """The same for a write that needs no id."""
    return None if client_id is None else check_client_id(client_id)


def storable(value: str | None, *, limit: int) -> str | None:
    """The storable part of a text from the host app, such as a user's name, or None.

    In most host apps users choose their own names. A user with an odd name must still be able to
    ask for help, so characters that cannot be stored are removed instead of refused.
    """
    if value is None:
        return None
    clean = value.replace("\x00", "").encode("utf-8", "ignore").decode()[:limit].strip()
    return None if is_blank(clean) else clean


#: What shows nothing although its category is a letter, a mark or a symbol: Unicode's property
#: ``Default_Ignorable_Code_Point`` (DerivedCoreProperties.txt of Unicode 16), and two characters
#: whose glyph is empty, U+2800 BRAILLE PATTERN BLANK and U+1D159 MUSICAL SYMBOL NULL NOTEHEAD.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def is_blank(text: str) -> bool:
    """Whether nothing of ``text`` can be seen.

    White space, control and format characters, fillers and variation selectors show nothing. The
    clients decide the same in ``frontend/common/text.ts``.
    """
    return not any(
        not character.isspace()
        and unicodedata.category(character) not in ("Cc", "Cf")
        and _INVISIBLE.match(character) is None
        for character in text
    )


def check_line(text: str, *, field: str, limit: int) -> str:
    """One line of text, trimmed, such as a subject or a tag.

    Raises:
        InvalidError: It is empty, too long, or has more than one line.
        InvalidTextError: It cannot be stored.
    """
    check_text(text, field=field)
    line = text.strip()
    if is_blank(line) or len(line) > limit or not line.isprintable():
        raise InvalidError(f"{field} needs 1 to {limit} printable characters.", field=field)
    return line


#: Letters of which Unicode does not say that they are another one with a stroke.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)


def plain_letters(letters: str) -> str:
    """Letters whose accents are gone already, in lower case and without strokes."""
    return letters.casefold().translate(_PLAIN)


def folded(words: str) -> str:
    """For finding: without accents, strokes and the difference of upper and lower case.

    ``frontend/console/ui/format.ts`` does the same.
    """
    apart = unicodedata.normalize("NFKD", words)
    bare = "".join(item for item in apart if not unicodedata.category(item).startswith("M"))
    return plain_letters(bare)


def preview(body: str) -> str:
    """The beginning of ``body`` on one line, without its marks."""
    line = " ".join(markup.plain(body[: PREVIEW_LENGTH * 4]).split())
    return line if len(line) <= PREVIEW_LENGTH else line[: PREVIEW_LENGTH - 1].rstrip() + "…"
