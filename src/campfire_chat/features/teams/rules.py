"""What a team may be."""

from __future__ import annotations

import unicodedata
from typing import Final

from campfire_chat.core import text
from campfire_chat.core.errors import InvalidError

#: Characters.
MOST_NAME: Final = 60
MOST_DESCRIPTION: Final = 300
#: Teams of an organisation, and agents of a team.
MOST_TEAMS: Final = 100
MOST_MEMBERS: Final = 200


def check_name(name: str) -> str:
    """A name as it is stored: trimmed, one line.

    Raises:
        InvalidError: It is empty, too long, or has more than one line.
        InvalidTextError: It cannot be stored.
    """
    return unicodedata.normalize("NFC", text.check_line(name, field="name", limit=MOST_NAME))


def key_of(name: str) -> str:
    """Two teams cannot have names with the same key: upper and lower case are the same."""
    return unicodedata.normalize("NFC", name.casefold())


def check_description(description: str) -> str:
    """A description as it is stored: trimmed, one line. It may be empty.

    Raises:
        InvalidError: It is too long, or has more than one line.
        InvalidTextError: It cannot be stored.
    """
    text.check_text(description, field="description")
    if not description.strip():
        return ""
    return text.check_line(description, field="description", limit=MOST_DESCRIPTION)


def check_members(members: list[str]) -> list[str]:
    """The ids of agents, each once, in order. Whether they exist is checked when they are stored.

    Raises:
        InvalidError: There are too many.
        InvalidTextError: An id cannot be one.
    """
    for agent_id in members:
        text.check_text(agent_id, field="members")
    found = sorted(set(members))
    if len(found) > MOST_MEMBERS:
        raise InvalidError(f"A team can have {MOST_MEMBERS} agents.", field="members")
    return found
