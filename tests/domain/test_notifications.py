"""What is due of several things that happen, and what is dealt with."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campfire_chat.features.notifications.operations import is_dealt_with, is_new
from campfire_chat.features.notifications.queries import Known, Unread
from campfire_chat.features.notifications.records import NotificationKind
from campfire_chat.features.notifications.rules import Dealt, Due, follow, remaining
from campfire_chat.feed.reading import FeedEvent

KINDS = st.sampled_from(NotificationKind)
AGENTS = st.sampled_from(["agt_a", "agt_b"])
ABOUT = st.sampled_from(["conv_1", "conv_2"])


@st.composite
def happenings(draw: st.DrawFn) -> list[Due | Dealt]:
    """Things that happen one after the other."""
    found: list[Due | Dealt] = []
    for time in range(draw(st.integers(0, 12))):
        agent, about = draw(AGENTS), draw(ABOUT)
        if draw(st.booleans()):
            found.append(Due(draw(KINDS), agent, about, f"msg_{time}", None, time))
        else:
            found.append(Dealt(agent, about, frozenset(draw(st.sets(KINDS, min_size=1))), time))
    return found


def one_by_one(found: list[Due | Dealt]) -> dict[tuple[str | None, str], tuple[Due, bool]]:
    """The table after each of them was written alone: what is there, and whether it is read."""
    table: dict[tuple[str | None, str], tuple[Due, bool]] = {}
    for one in found:
        if isinstance(one, Due):
            before = table.get((one.agent_id, one.id))
            known = None if before is None else Known(before[0].at, 1 if before[1] else None)
            if is_new(one, known):
                table[one.agent_id, one.id] = (one, False)
            continue
        for key, (due, _) in table.items():
            unread = Unread(due.id, due.kind, due.conversation_id, due.at)
            if key[0] == one.agent_id and is_dealt_with(unread, [one]):
                table[key] = (due, True)
    return table


@given(happenings())
def test_a_page_of_the_feed_leaves_the_same_unread_as_one_event_after_the_other(
    found: list[Due | Dealt],
) -> None:
    expected = {key: due for key, (due, read) in one_by_one(found).items() if not read}
    due, dealt = remaining(found)
    assert {(one.agent_id, one.id): one for one in due} == expected
    assert dealt == [one for one in found if isinstance(one, Dealt)]


@given(happenings(), st.integers(0, 12))
def test_the_same_events_again_change_nothing(found: list[Due | Dealt], again: int) -> None:
    """After a crash the feed is read again from before it."""
    table = one_by_one(found)
    unread = {key: due for key, (due, read) in table.items() if not read}
    replayed = {
        key: due for key, (due, read) in one_by_one([*found, *found[again:]]).items() if not read
    }
    # What was read may not come back; what came first stays.
    assert replayed.keys() <= unread.keys()
    assert all(replayed[key] == unread[key] for key in replayed)


def test_what_was_read_is_told_again_only_for_something_later() -> None:
    due = Due(NotificationKind.REPLY, "agt_a", "conv_1", "msg_1", None, 5)
    assert is_new(due, None)
    assert not is_new(due, Known(5, None))
    # The feed is read again after a crash, and the agent has read it meanwhile.
    assert not is_new(due, Known(5, 9))
    assert is_new(due, Known(4, 9))


@pytest.mark.parametrize(("kind", "told"), [("agent", True), ("api_key", True), ("system", False)])
def test_who_keeps_a_conversation_that_goes_on_is_told_of_the_message_alone(
    kind: str, told: bool
) -> None:
    """The system gives a linked conversation to whom it was assigned before."""
    data = {
        "conversation_id": "conv_1",
        "assignee": {"id": "agt_a", "name": "Ada", "avatar_url": None},
        "previous": None,
        "actor": {"kind": kind, "id": "agt_b", "name": None, "avatar_url": None},
    }
    event = FeedEvent(
        organization="default",
        position=1,
        number=0,
        stream="conversation:conv_1",
        seq=2,
        event="conversation.assignee_changed",
        at=7,
        payload=json.dumps({"data": data}),
    )
    found = [one for one in follow([event]) if isinstance(one, Due)]
    assert [(one.kind, one.agent_id) for one in found] == (
        [(NotificationKind.ASSIGNMENT, "agt_a")] if told else []
    )
