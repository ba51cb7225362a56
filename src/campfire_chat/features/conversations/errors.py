"""What may be wrong with a change of a conversation."""

from __future__ import annotations

from campfire_chat.core.errors import CampfireError, InvalidError


class ImpossibleTransitionError(CampfireError):
    """A conversation with its present status cannot get this one.

    ``details`` is its :class:`~campfire_chat.features.conversations.records.ConversationSummary`.
    """

    code = "impossible_transition"
    status = 409


class SnoozeInPastError(InvalidError):
    """A snooze has to end in the future."""

    code = "snooze_in_past"
