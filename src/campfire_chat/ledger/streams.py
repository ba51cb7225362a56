"""The names of streams. Each stream has one audience, and its own counter without gaps."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.access.permissions import Permission
from campfire_chat.access.records import Role
from campfire_chat.core.errors import NotFoundError

#: The kind of the one stream of an organisation that tells every change of what a console lists.
INBOX = "inbox"
#: The kind of the streams of agents, one for each: what is the agent's own.
AGENT = "agent"
#: Kinds of streams with events about things of which not everybody in the audience of the stream
#: may learn, since the host app may narrow what an agent sees.
SCREENED = frozenset({INBOX, AGENT})
#: To see the inbox, and the lists that it keeps current.
INBOX_READ = Permission(
    "inbox.read",
    "See the inbox: list, count, filter and search all conversations, and follow their changes.",
    least=Role.VIEWER,
)


class Stream(Struct, frozen=True):
    """A parsed stream name. ``subject`` is an id, or the organisation of an inbox."""

    kind: str
    subject: str

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.subject}"


def inbox(organization: str) -> str:
    """Every change of what a console lists."""
    return f"{INBOX}:{organization}"


def parse(name: str) -> Stream:
    """
    Raises:
        NotFoundError: No stream can have that name.
    """
    kind, colon, subject = name.partition(":")
    if not (colon and subject):
        raise NotFoundError("There is no such stream.")
    return Stream(kind, subject)
