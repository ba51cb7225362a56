"""The frames of presence and of typing."""

from __future__ import annotations

from campfire_chat.access.records import Availability, Participant, SenderKind
from campfire_chat.realtime.frames import EntityId, Frame


class Typing(Frame, frozen=True, kw_only=True, tag="typing"):
    conversation_id: EntityId
    active: bool


class TypingNotice(Frame, frozen=True, kw_only=True, tag="typing"):
    conversation_id: str
    participant: Participant
    active: bool


class PresenceNotice(Frame, frozen=True, kw_only=True, tag="presence", omit_defaults=True):
    """The presence or availability of a participant has changed.

    With ``conversation_id`` and ``viewing``: an agent opened or left that conversation.
    With ``conversation_id`` and no ``viewing``: the participant's presence, as it matters to
    that conversation. Without ``conversation_id``: an agent's availability, for colleagues,
    or that of the team as a whole (kind ``system``, id ``team``), for visitors.
    """

    participant: Participant
    availability: Availability | None = None
    conversation_id: str | None = None
    viewing: bool | None = None


def presence_at(participant: Participant, conversation_id: str, *, here: bool) -> PresenceNotice:
    """The frame for an agent who opened or left a conversation."""
    if participant.kind is SenderKind.AGENT:
        return PresenceNotice(
            participant=participant, conversation_id=conversation_id, viewing=here
        )
    return PresenceNotice(
        participant=participant,
        conversation_id=conversation_id,
        availability=Availability.ONLINE if here else Availability.OFFLINE,
    )
