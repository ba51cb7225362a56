"""Text from outside: what can be stored, and what counts as empty."""

from __future__ import annotations

import unicodedata

from campfire_chat.errors import (
    BodyEmptyError,
    BodyTooLongError,
    InvalidError,
    InvalidTextError,
)

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


def storable(value: str | None, *, limit: int) -> str | None:
    """The storable part of a text from the host app, such as a user's name, or None.

    In most host apps users choose their own names. A user with an odd name must still be able to
    ask for help, so characters that cannot be stored are removed instead of refused.
    """
    if value is None:
        return None
    clean = value.replace("\x00", "").encode("utf-8", "ignore").decode()
    return clean[:limit].strip() or None


def is_blank(text: str) -> bool:
    """Whether nothing of ``text`` can be seen: white space, control and format characters only."""
    return not any(
        not character.isspace() and unicodedata.category(character) not in ("Cc", "Cf")
        for character in text
    )


def check_body(body: str, *, limit: int) -> str:
    """Check a message body. It is stored unchanged.

    Raises:
        BodyEmptyError: It contains nothing visible.
        BodyTooLongError: More than ``limit`` characters.
        InvalidTextError: It cannot be stored.
    """
    if len(body) > limit:
        raise BodyTooLongError(f"A message may have at most {limit} characters.", field="body")
    check_text(body, field="body")
    if is_blank(body):
        raise BodyEmptyError(field="body")
    return body


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


def preview(body: str) -> str:
    """The beginning of ``body`` on one line."""
    line = " ".join(body[: PREVIEW_LENGTH * 4].split())
    return line if len(line) <= PREVIEW_LENGTH else line[: PREVIEW_LENGTH - 1].rstrip() + "…"
