"""Who is told of what, and what takes a notification back.

All of it follows from the events of conversations. Whoever has just acted in a conversation knows
what happened there before. So writing there, and changing its status, reads the notifications of
the one who does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.features.agents.streams import AGENT
from campfire_chat.features.conversations.events import ASSIGNEE_CHANGED, STATUS_CHANGED
from campfire_chat.features.mentions.events import MENTION_CREATED
from campfire_chat.features.messages.events import MESSAGE_CREATED
from campfire_chat.features.notifications.records import NotificationKind
from campfire_chat.feed.reading import FeedEvent

#: Seconds after which a notification is deleted.
KEPT: Final = 30 * 24 * 3600
#: Unread notifications are counted up to this number.
MOST_COUNTED: Final = 1_000

_ALL: Final = frozenset(NotificationKind)
#: What is nobody's business any more once the conversation is somebody else's.
_OF_ASSIGNEE: Final = frozenset({NotificationKind.ASSIGNMENT, NotificationKind.REPLY})


class Due(NamedTuple):
    """A notification that is due.

    Attributes:
        agent_id: Who is told; None for the agent who has the conversation.
        actor: None for the contact of the conversation.
    """

    kind: NotificationKind
    agent_id: str | None
    conversation_id: str
    message_id: str | None
    actor: Participant | None
    at: int

    @property
    def id(self) -> str:
        """The same for what needs to be said only once. Each note that mentions the agent is said,
        and of the visitor's messages the first that the agent has not seen."""
        about = self.message_id if self.kind is NotificationKind.MENTION else self.conversation_id
        return f"{self.kind}:{about}"


class Dealt(NamedTuple):
    """An agent has dealt with what a conversation had to tell until then."""

    agent_id: str
    conversation_id: str
    kinds: frozenset[NotificationKind]
    at: int


class _Message(Struct, frozen=True):
    id: str
    conversation_id: str
    sender: Participant


class _Mention(Struct, frozen=True):
    conversation_id: str
    message_id: str
    actor: Participant


class _Agent(Struct, frozen=True):
    id: str


class _Assignment(Struct, frozen=True):
    conversation_id: str
    assignee: _Agent | None
    actor: Participant
    previous: _Agent | None = None


class _Status(Struct, frozen=True):
    conversation_id: str
    actor: Participant


D = TypeVar("D", bound=Struct)


class _Frame(Struct, Generic[D], frozen=True):
    """Of the text that clients receive, only what is needed."""

    data: D


def _by_message(event: FeedEvent, data: _Message) -> Iterable[Due | Dealt]:
    about, at = data.conversation_id, event.at
    if data.sender.kind is SenderKind.AGENT:
        yield Dealt(data.sender.id, about, _ALL, at)
    elif data.sender.kind is SenderKind.VISITOR:
        yield Due(NotificationKind.REPLY, None, about, data.id, None, at)


def _by_mention(event: FeedEvent, data: _Mention) -> Iterable[Due | Dealt]:
    agent_id = event.stream.removeprefix(AGENT.name(""))
    kind = NotificationKind.MENTION
    yield Due(kind, agent_id, data.conversation_id, data.message_id, data.actor, event.at)


def _by_assignment(event: FeedEvent, data: _Assignment) -> Iterable[Due | Dealt]:
    about, at = data.conversation_id, event.at
    if data.previous is not None:
        yield Dealt(data.previous.id, about, _OF_ASSIGNEE, at)
    by_somebody = data.actor.kind is not SenderKind.SYSTEM
    if by_somebody and data.assignee is not None and data.assignee.id != data.actor.id:
        kind = NotificationKind.ASSIGNMENT
        yield Due(kind, data.assignee.id, about, None, data.actor, at)


def _by_status(event: FeedEvent, data: _Status) -> Iterable[Due | Dealt]:
    if data.actor.kind is SenderKind.AGENT:
        yield Dealt(data.actor.id, data.conversation_id, _ALL, event.at)


_CAUSES: Final[dict[str, tuple[Callable[[str], _Frame[Any]], Callable[..., Any]]]] = {
    MESSAGE_CREATED.name: (msgspec.json.Decoder(_Frame[_Message]).decode, _by_message),
    MENTION_CREATED.name: (msgspec.json.Decoder(_Frame[_Mention]).decode, _by_mention),
    ASSIGNEE_CHANGED.name: (msgspec.json.Decoder(_Frame[_Assignment]).decode, _by_assignment),
    STATUS_CHANGED.name: (msgspec.json.Decoder(_Frame[_Status]).decode, _by_status),
}


def follow(events: Iterable[FeedEvent]) -> list[Due | Dealt]:
    """What some events cause, in their order."""
    found: list[Due | Dealt] = []
    for event in events:
        if event.event in _CAUSES:
            decode, caused = _CAUSES[event.event]
            found += caused(event, decode(event.payload).data)
    return found


def remaining(found: Iterable[Due | Dealt]) -> tuple[list[Due], list[Dealt]]:
    """What is still due after all of it, each notification once, and what was dealt with.

    Whose a due notification is has to be known.
    """
    due: dict[tuple[str | None, str], Due] = {}
    dealt: list[Dealt] = []
    for one in found:
        if isinstance(one, Due):
            due.setdefault((one.agent_id, one.id), one)
            continue
        dealt.append(one)
        due = {
            key: each
            for key, each in due.items()
            if (each.agent_id, each.conversation_id) != (one.agent_id, one.conversation_id)
            or each.kind not in one.kinds
        }
    return list(due.values()), dealt
