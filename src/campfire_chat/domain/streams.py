"""The names of streams: an audience each, with its own gapless counter."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from campfire_chat.errors import NotFoundError

StreamKind = Literal["conversation", "notes", "inbox"]


class Stream(Struct, frozen=True):
    """A parsed stream name; ``subject`` is a conversation id, or the organisation of an inbox."""

    kind: StreamKind
    subject: str

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.subject}"


def conversation(conversation_id: str) -> str:
    """Public messages and what the visitor may see of the rest."""
    return f"conversation:{conversation_id}"


def notes(conversation_id: str) -> str:
    """Private notes and internal changes; agents only."""
    return f"notes:{conversation_id}"


def inbox(organization: str) -> str:
    """Every change of a list row; agents only."""
    return f"inbox:{organization}"


def of_conversation(organization: str, conversation_id: str) -> tuple[str, str, str]:
    """Every stream that a change of a conversation may add to."""
    return (conversation(conversation_id), notes(conversation_id), inbox(organization))


def parse(name: str) -> Stream:
    """
    Raises:
        NotFoundError: There can be no such stream.
    """
    kind, colon, subject = name.partition(":")
    if not (colon and subject) or kind not in ("conversation", "notes", "inbox"):
        raise NotFoundError("There is no such stream.")
    return Stream(kind, subject)
