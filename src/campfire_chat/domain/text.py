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
    """Refuse what some engine, or UTF-8 itself, cannot hold.

    Raises:
        InvalidTextError: A NUL (PostgreSQL refuses it) or a lone surrogate.
    """
    if "\x00" in text:
        raise InvalidTextError("The text holds a NUL character.", field=field)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise InvalidTextError(
                "The text holds half of a surrogate pair.", field=field
            ) from None


def storable(value: str | None, *, limit: int) -> str | None:
    """What can be stored of a text that the host hands in, such as a user's name; else nothing.

    A name is the user's own choice in most hosts. An odd one must not keep its bearer from
    asking for help, so what cannot be held is left out rather than refused.
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
    """A message body, kept to the letter.

    Raises:
        BodyEmptyError: Nothing in it can be seen.
        BodyTooLongError: More than ``limit`` characters.
        InvalidTextError: It cannot be stored.
    """
    if len(body) > limit:
        raise BodyTooLongError(f"A message may have {limit} characters.", field="body")
    check_text(body, field="body")
    if is_blank(body):
        raise BodyEmptyError(field="body")
    return body


def check_line(text: str, *, field: str, limit: int) -> str:
    """One line of text, trimmed, such as a subject or a tag.

    Raises:
        InvalidError: Empty, too long, or more than a line.
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
