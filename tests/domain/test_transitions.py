"""Which status may follow which."""

from __future__ import annotations

import itertools

from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.transitions import TRANSITIONS, allows


def test_the_table_is_what_the_docs_say() -> None:
    """As a person reads it: each reason with what it may do."""
    written = {
        reason: sorted(f"{one} {other}" for one, others in rows.items() for other in others)
        for reason, rows in TRANSITIONS.items()
    }
    chosen = {f"{one} {other}" for one, other in itertools.permutations(Status, 2)}
    assert written == {
        None: sorted(chosen - {"resolved snoozed"}),
        "reply": ["pending open", "resolved open", "snoozed open"],
        "agent_reply": ["snoozed open"],
        "snooze_ended": ["snoozed open"],
        "silence": ["open resolved"],
    }


def test_a_reason_allows_its_own_transitions_only() -> None:
    for reason, (one, other) in itertools.product(TRANSITIONS, itertools.permutations(Status, 2)):
        assert allows(one, other, reason) == (other in TRANSITIONS[reason].get(one, set()))
    assert not any(allows(status, status, reason) for status in Status for reason in TRANSITIONS)
