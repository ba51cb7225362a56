"""How a note names agents and teams.

In the text of a note stands ``<@agt_…>`` for an agent and ``<@team_…>`` for a team. Whoever shows
the note puts the name there, so that a new name shows in old notes too.
"""

from __future__ import annotations

import re
from typing import Final

from campfire_chat.core.errors import InvalidError

#: Agents and teams that one note can mention.
MOST_MENTIONS: Final = 20

_MENTION = re.compile(r"<@((?:agt|team)_[0-9a-z]{26})>")


def mentioned(body: str) -> list[str]:
    """The ids that a text mentions, each once, in their order. Nobody knows yet if they exist."""
    # Looked for first, since hardly any text has one.
    return list(dict.fromkeys(_MENTION.findall(body))) if "<@" in body else []


def check_mentions(body: str) -> None:
    """
    Raises:
        InvalidError: It mentions too many.
    """
    if len(mentioned(body)) > MOST_MENTIONS:
        raise InvalidError(f"A note can mention {MOST_MENTIONS} agents and teams.", field="body")
