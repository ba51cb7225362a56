"""The names of streams. Each stream has one audience, and its own counter without gaps."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from campfire_chat.errors import NotFoundError

StreamKind = Literal["conversation", "notes", "inbox"]


class Stream(Struct, frozen=True):
    """A parsed stream name. ``subject`` is a conversation id, or the organisation of an inbox."""

    kind: StreamKind
    subject: str

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.subject}"


def conversation(conversation_id: str) -> str:
    """Public messages, and other changes that the visitor may see."""
    return f"conversation:{conversation_id}"


def notes(conversation_id: str) -> str:
    """Private notes and internal changes. Agents only."""
    return f"notes:{conversation_id}"


def inbox(organization: str) -> str:
    """Every change of a row of the inbox. Agents only."""
    return f"inbox:{organization}"


def parse(name: str) -> Stream:
    """
    Raises:
        NotFoundError: No stream can have that name.
    """
    kind, colon, subject = name.partition(":")
    if not (colon and subject) or kind not in ("conversation", "notes", "inbox"):
        raise NotFoundError("There is no such stream.")
    return Stream(kind, subject)
