"""What messages and changes make of a conversation, compared with a model of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.core import clock
from campfire_chat.core.errors import InvalidError
from campfire_chat.features.agents.records import Assignee
from campfire_chat.features.conversations import events as conversation_events
from campfire_chat.features.conversations.errors import (
    ImpossibleTransitionError,
    SnoozeInPastError,
)
from campfire_chat.features.conversations.records import Priority, Status
from campfire_chat.features.conversations.rules import (
    MAX_SUBJECT_LENGTH,
    MAX_TAGS,
    Change,
    Conversation,
    Patch,
    change,
    check_subject,
    check_tags,
    receive,
)
from campfire_chat.features.messages.records import Visibility
from campfire_chat.features.tags.rules import MOST_NAME
from campfire_chat.features.teams.records import TeamName
from tests.domain.test_rules import AGENT, NOW, VISITOR, conversation, message_of

BOT = Participant(SenderKind.BOT, "bot")
#: The agent is the one who makes the changes.
COLLEAGUE = Participant(SenderKind.AGENT, "bob", "Bob")
SENDERS = {
    "visitor": VISITOR,
    "agent": AGENT,
    "colleague": COLLEAGUE,
    "bot": BOT,
    "note": COLLEAGUE,
}
BOB = Assignee(id="bob", name="Bob", avatar_url=None)


@dataclass
class Model:
    """The same, written down a second time."""

    status: Status = Status.OPEN
    waiting_since: int | None = None
    first_response_at: int | None = None
    resolved_at: int | None = None
    snoozed_until: int | None = None
    last_activity_at: int = NOW
    reopen_count: int = 0
    visitor_messages: int = 0
    agent_messages: int = 0
    happened: list[tuple[str, bool]] = field(default_factory=list)

    def turn(self, status: Status, at: int, until: int | None) -> None:
        if status is not self.status:
            if self.status is Status.RESOLVED:
                self.resolved_at, self.reopen_count = None, self.reopen_count + 1
            if status is Status.RESOLVED:
                self.resolved_at, self.waiting_since = at, None
            self.status = status
            self.happened.append((conversation_events.STATUS_CHANGED.name, False))
        if until != self.snoozed_until:
            self.snoozed_until = until
            self.happened.append((conversation_events.SNOOZE_CHANGED.name, True))

    def hear(self, who: str, at: int) -> None:
        if who == "note":
            return
        self.last_activity_at = at
        if who == "visitor":
            self.visitor_messages += 1
            self.waiting_since = self.waiting_since or at
            if self.status is not Status.OPEN:
                self.turn(Status.OPEN, at, None)
            return
        self.agent_messages += 1
        if who in ("agent", "colleague"):
            self.waiting_since = None
            self.first_response_at = self.first_response_at or at
        if who == "colleague" and self.status is Status.SNOOZED:
            self.turn(Status.OPEN, at, None)


def same(state: Conversation, model: Model) -> bool:
    return all(
        getattr(state, name) == value for name, value in vars(model).items() if name != "happened"
    )


def told(changes: list[Change]) -> list[tuple[str, bool]]:
    return [(change.event.name, change.internal) for change in changes]


@given(
    st.lists(
        st.sampled_from(list(SENDERS))
        | st.tuples(st.sampled_from(Status), st.none() | st.integers(1, 3)),
        max_size=14,
    )
)
def test_every_value_is_as_the_model_says(steps: list[Any]) -> None:
    """The first answer and the second, the question before the answer and after it."""
    state, model, at = conversation(), Model(), NOW
    for step in steps:
        at += 10
        model.happened = []
        if isinstance(step, str):
            visibility = Visibility.INTERNAL if step == "note" else Visibility.PUBLIC
            message = message_of(SENDERS[step], visibility, at)
            changes = receive(state, message, at)
            model.hear(step, at)
            if step != "note":
                assert state.last_message is not None
                assert state.last_message.at == clock.rfc3339(at)
        else:
            status, later = step
            until = at + later if later and status is Status.SNOOZED else None
            before = model.status
            if status is Status.SNOOZED and before is Status.RESOLVED:
                summary = state.summary
                with pytest.raises(ImpossibleTransitionError) as refused:
                    change(state, Patch(status=status, subject="x"), actor=AGENT, now=at)
                assert refused.value.details == msgspec.to_builtins(summary)
                assert summary == state.summary
                continue
            changes = change(state, Patch(status=status, snoozed_until=until), actor=AGENT, now=at)
            model.turn(status, at, until)
            for one in changes:
                if isinstance(one.data, conversation_events.StatusChanged):
                    assert (one.data.previous, one.data.status) == (before, status)
        assert same(state, model), (state, model)
        assert told(changes) == model.happened
        summary = state.summary
        assert (summary.counts.visitor, summary.counts.agent) == (
            model.visitor_messages,
            model.agent_messages,
        )
        for name in ("waiting_since", "first_response_at", "resolved_at", "snoozed_until"):
            assert getattr(summary, name) == clock.rfc3339_or_none(getattr(model, name))


BILLING = TeamName(id="team_a", name="Billing")

VALUES: dict[str, list[Any]] = {
    "assignee": [UNSET, None, BOB, Assignee(id="eve", name="Eve", avatar_url=None)],
    "team": [UNSET, None, BILLING, TeamName(id="team_b", name="Returns")],
    "priority": [UNSET, None, *Priority],
    "tags": [UNSET, [], ["a"], ["b", "a"], [" a "], ["a", "a"]],
    "subject": [UNSET, None, "One", " One ", "Two"],
}
EVENTS = {
    "assignee": (conversation_events.ASSIGNEE_CHANGED.name, False),
    "team": (conversation_events.TEAM_CHANGED.name, True),
    "priority": (conversation_events.PRIORITY_CHANGED.name, True),
    "tags": (conversation_events.TAGS_CHANGED.name, True),
    "subject": (conversation_events.SUBJECT_CHANGED.name, False),
}


@given(st.lists(st.fixed_dictionaries({n: st.sampled_from(v) for n, v in VALUES.items()})))
def test_only_what_really_changes_is_told_and_to_whom(patches: list[dict[str, Any]]) -> None:
    """What is internal concerns agents only. What is set already is no change."""
    state = conversation()
    now: dict[str, Any] = {"assignee": None, "team": None, "priority": None}
    now |= {"tags": [], "subject": None}
    for patch in patches:
        expected = []
        for name, value in patch.items():
            if value is UNSET:
                continue
            if name == "tags":
                value = list(dict.fromkeys(tag.strip() for tag in value))
            elif name == "subject" and value is not None:
                value = value.strip()
            if value != now[name]:
                now[name] = value
                expected.append(EVENTS[name])
        changes = change(state, Patch(**patch), actor=AGENT, now=NOW)
        assert sorted(told(changes)) == sorted(expected)
        assert {name: getattr(state, name) for name in now} == now
        for one in changes:
            assert one.data.conversation_id == state.id
            assert one.data.actor == AGENT


def test_a_new_name_of_a_team_is_no_change_of_the_conversation() -> None:
    state = conversation()
    assert len(change(state, Patch(team=BILLING), actor=AGENT, now=NOW)) == 1
    renamed = TeamName(id=BILLING.id, name="Money")
    assert change(state, Patch(team=renamed), actor=AGENT, now=NOW) == []
    assert state.team == renamed


def test_the_bounds_themselves_are_allowed() -> None:
    tags = [f"{n:02}".ljust(MOST_NAME, "x") for n in range(MAX_TAGS)]
    assert check_tags(tags) == tags
    assert check_tags([*tags, tags[0]]) == tags
    with pytest.raises(InvalidError):
        check_tags([*tags, "one more"])
    with pytest.raises(InvalidError):
        check_tags(["x" * (MOST_NAME + 1)])
    assert check_subject("x" * MAX_SUBJECT_LENGTH) == "x" * MAX_SUBJECT_LENGTH
    with pytest.raises(InvalidError):
        check_subject("x" * (MAX_SUBJECT_LENGTH + 1))


@pytest.mark.parametrize("until", [NOW - 1, NOW])
def test_a_refused_snooze_changes_nothing(until: int) -> None:
    state = conversation()
    with pytest.raises(SnoozeInPastError) as refused:
        change(
            state,
            Patch(status=Status.SNOOZED, snoozed_until=until, subject="x"),
            actor=AGENT,
            now=NOW,
        )
    assert refused.value.field == "snoozed_until"
    assert state == conversation()


def test_the_documented_bounds() -> None:
    """As the reference of the API names them."""
    assert (MAX_TAGS, MOST_NAME, MAX_SUBJECT_LENGTH) == (20, 40, 200)
