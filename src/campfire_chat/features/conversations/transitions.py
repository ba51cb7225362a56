"""Which status of a conversation may follow which, and why: the one table of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from campfire_chat.access.records import SenderKind
from campfire_chat.features.conversations.records import Status

#: Why a status changed by itself: the snooze has ended, the visitor has replied, or another agent
#: than the one who snoozed it has; or nothing has happened for a long time.
StatusReason = Literal["snooze_ended", "reply", "agent_reply", "silence"]

_OPEN, _PENDING = Status.OPEN, Status.PENDING
_SNOOZED, _RESOLVED = Status.SNOOZED, Status.RESOLVED

#: By the reason, None for what somebody has chosen: to which statuses each status may go. A status
#: that stays is no transition.
TRANSITIONS: Final[Mapping[StatusReason | None, Mapping[Status, frozenset[Status]]]] = {
    None: {
        _OPEN: frozenset({_PENDING, _SNOOZED, _RESOLVED}),
        _PENDING: frozenset({_OPEN, _SNOOZED, _RESOLVED}),
        _SNOOZED: frozenset({_OPEN, _PENDING, _RESOLVED}),
        # Not snoozed: there is nothing to put away. Whoever has not seen that a colleague has
        # resolved it would bring it back by that without knowing.
        _RESOLVED: frozenset({_OPEN, _PENDING}),
    },
    "reply": {
        _PENDING: frozenset({_OPEN}),
        _SNOOZED: frozenset({_OPEN}),
        _RESOLVED: frozenset({_OPEN}),
    },
    "agent_reply": {_SNOOZED: frozenset({_OPEN})},
    "snooze_ended": {_SNOOZED: frozenset({_OPEN})},
    "silence": {_OPEN: frozenset({_RESOLVED})},
}


def allows(previous: Status, status: Status, reason: StatusReason | None) -> bool:
    """Whether a conversation may go from one status to another one."""
    return status in TRANSITIONS[reason].get(previous, ())


def wakes(
    status: Status, snoozed_by: str | None, sender: SenderKind, sender_id: str
) -> StatusReason | None:
    """Why a public message brings a conversation back; None if it does not.

    Args:
        snoozed_by: The id of who snoozed it.
    """
    if sender is SenderKind.VISITOR:
        return "reply" if allows(status, Status.OPEN, "reply") else None
    # Whoever snoozed it still wants it away after a last word. Who that was may be unknown.
    if sender is SenderKind.AGENT and snoozed_by not in (None, sender_id):
        return "agent_reply" if allows(status, Status.OPEN, "agent_reply") else None
    return None
