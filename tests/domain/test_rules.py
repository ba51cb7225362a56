"""The rules of the domain, fed with whatever Hypothesis finds."""

from __future__ import annotations

import json
import os
import time
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campfire_chat.access.records import Availability, Participant, SenderKind
from campfire_chat.core import clock, ids, text
from campfire_chat.core.errors import CampfireError, InvalidError, InvalidTextError, NotFoundError
from campfire_chat.features.agents import rules as agent_rules
from campfire_chat.features.agents.records import Assignee
from campfire_chat.features.contacts.records import Contact
from campfire_chat.features.conversations import events as conversation_events
from campfire_chat.features.conversations.errors import ImpossibleTransitionError
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.rules import (
    Conversation,
    Patch,
    change,
    check_subject,
    check_tags,
    receive,
)
from campfire_chat.features.messages.records import Message, MessageKind, Visibility
from campfire_chat.features.messages.rules import check_body
from campfire_chat.features.receipts import rules as receipt_rules
from campfire_chat.ledger import streams
from campfire_chat.realtime.frame_table import FrameRejected, FrameTable
from campfire_chat.runtime import FRAMES

VISITOR = Participant(SenderKind.VISITOR, "vis_1")
AGENT = Participant(SenderKind.AGENT, "ada")
NOW = 1_700_000_000_000_000


def conversation(**fields: Any) -> Conversation:
    contact = Contact(
        id="vis_1",
        external_id=None,
        verified=False,
        name=None,
        email=None,
        avatar_url=None,
        blocked=False,
    )
    return Conversation(
        organization="default",
        id="conv_1",
        number=1,
        contact=contact,
        created_at=NOW,
        last_at=NOW,
        last_activity_at=NOW,
        **fields,
    )


def message_of(sender: Participant, visibility: Visibility, at: int) -> Message:
    return Message(
        id="msg_1",
        conversation_id="conv_1",
        visibility=visibility,
        seq=1,
        at=clock.rfc3339(at),
        sender=sender,
        kind=MessageKind.TEXT,
        body="x",
        client_id="1",
    )


@given(st.text(max_size=60))
@example("x" * 50)
@example("x" * 51)
@example("\U0001f600" * 51)
@example("half of \ud800 a pair")
@example("a \x00")
def test_a_body_is_kept_to_the_letter_or_refused(body: str) -> None:
    bad = (
        len(body) > 50
        or "\x00" in body
        or any(unicodedata.category(character) == "Cs" for character in body)
        or text.is_blank(body)
    )
    if bad:
        with pytest.raises(InvalidError):
            check_body(body, limit=50)
        return
    kept = check_body(body, limit=50)
    assert kept == body
    assert kept.encode().decode() == body


@given(st.text(max_size=500))
def test_a_preview_is_one_short_line(body: str) -> None:
    preview = text.preview(body)
    assert len(preview) <= text.PREVIEW_LENGTH
    assert "\n" not in preview


def test_a_preview_says_where_it_was_cut() -> None:
    words = "word " * 28
    assert text.preview(words) == words.strip()
    assert text.preview("x" * 140) == "x" * 140
    assert text.preview("x" * 141) == "x" * 139 + "…"
    assert text.preview("x" * 138 + " yz") == "x" * 138 + "…"


@pytest.mark.parametrize("line", ["", " ", "x" * 11, "a\nb", "a\x00", "half of \ud800", "\u2800"])
def test_what_is_no_line_is_refused(line: str) -> None:
    with pytest.raises(CampfireError) as refused:
        text.check_line(line, field="subject", limit=10)
    assert refused.value.field == "subject"
    bad = "\x00" in line or "\ud800" in line
    assert isinstance(refused.value, InvalidTextError) == bad
    assert text.check_line(" x" + "y" * 9 + " ", field="subject", limit=10) == "x" + "y" * 9


@given(st.lists(st.text(max_size=45), max_size=25))
def test_tags_are_clean_and_each_once(tags: list[str]) -> None:
    try:
        clean = check_tags(tags)
    except InvalidError:
        return
    assert len(clean) == len(set(clean)) <= 20
    assert check_tags(clean) == clean


@given(st.none() | st.text(max_size=210))
def test_subjects(subject: str | None) -> None:
    try:
        clean = check_subject(subject)
    except InvalidError:
        assert subject is not None
        return
    assert check_subject(clean) == clean


MARKS = st.none() | st.integers(0, 200)


@given(st.lists(st.tuples(MARKS, MARKS, st.integers(0, 100)), max_size=20))
def test_marks_only_ever_move_forward(steps: list[tuple[int | None, int | None, int]]) -> None:
    mark, head = receipt_rules.Mark(), 0
    for delivered, read, growth in steps:
        head += growth
        moved = receipt_rules.advance(mark, delivered=delivered, read=read, head=head)
        # No further than the head, and what was read has been delivered, but not the other way.
        expected = max(mark.read, min(read or 0, head))
        assert moved.read == expected
        assert moved.delivered == max(mark.delivered, expected, min(delivered or 0, head))
        assert moved.read_count == mark.read_count
        mark = receipt_rules.Mark(moved.delivered, moved.read, read_count=moved.read)


@given(
    st.lists(
        st.sampled_from([*Status, "visitor", "agent", "note"]),
        max_size=15,
    )
)
def test_the_life_of_a_conversation(steps: list[Any]) -> None:
    state = conversation()
    status, reopened, at = Status.OPEN, 0, NOW
    for step in steps:
        at += 1
        if step is Status.SNOOZED and status is Status.RESOLVED:
            with pytest.raises(ImpossibleTransitionError):
                change(state, Patch(status=step), actor=AGENT, now=at)
        elif isinstance(step, Status):
            changes = change(state, Patch(status=step), actor=AGENT, now=at)
            assert bool([item for item in changes if not item.internal]) == (step is not status)
            reopened += status is Status.RESOLVED and step is not Status.RESOLVED
            status = step
        else:
            sender = VISITOR if step == "visitor" else AGENT
            visibility = Visibility.INTERNAL if step == "note" else Visibility.PUBLIC
            receive(state, message_of(sender, visibility, at), at)
            if step == "visitor":
                reopened += status is Status.RESOLVED
                status = Status.OPEN
                assert state.waiting_since is not None
            elif step == "agent":
                assert state.waiting_since is None
        assert state.status is status
        assert state.reopen_count == reopened
        assert (state.resolved_at is not None) == (status is Status.RESOLVED)
        if status is not Status.SNOOZED:
            assert state.snoozed_until is None


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=30))
def test_time_goes_forward_within_a_conversation(jumps: list[int]) -> None:
    state, now, seen = conversation(), NOW, NOW
    for jump in jumps:
        now += jump
        at = state.next_at(now)
        assert at > seen
        seen = at


@given(st.integers(0, 253_370_764_799_999_999))
def test_times_keep_their_microseconds(at: int) -> None:
    written = clock.rfc3339(at)
    assert clock.parse_rfc3339(written) == at
    assert len(written) == 27


@given(st.lists(st.integers(0, 10**17), min_size=2, max_size=2))
def test_times_sort_as_text(moments: list[int]) -> None:
    assert sorted(map(clock.rfc3339, moments)) == [clock.rfc3339(at) for at in sorted(moments)]


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20), st.text(max_size=5))
def test_visitor_ids_differ_where_people_do(org: str, external: str, shift: str) -> None:
    same = ids.visitor_of(org, external)
    assert same == ids.visitor_of(org, external)
    if shift:
        assert same != ids.visitor_of(org, external + shift)
        assert ids.visitor_of(org + shift, external) != ids.visitor_of(org, shift + external)


def test_now_is_now() -> None:
    before, now, after = time.time_ns(), clock.now(), time.time_ns()
    assert before // 1000 <= now <= after // 1000


def test_ids_sort_by_time_and_never_repeat() -> None:
    made = [ids.new("msg") for _ in range(2000)]
    assert len(set(made)) == 2000
    # Of later milliseconds, near and far, whatever is random in them.
    for gap in (1, 31, 32, 1_000, 10**9):
        later = [
            f"msg_{ids._base32((10**12 + n * gap) << 80 | ids._random_bits())}" for n in range(99)
        ]
        assert later == sorted(later)
    before, made[0], after = clock.now(), ids.new("msg"), clock.now()
    number = 0
    for digit in made[0].removeprefix("msg_"):
        number = number * 32 + ids._ALPHABET.index(digit)
    assert before // 1000 <= number >> 80 <= after // 1000
    assert all(id.startswith("msg_") and len(id) == 30 for id in made)


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_two_processes_of_one_parent_make_different_ids() -> None:
    """As a server makes that loads the application first and forks its workers then."""
    ids.new("msg")
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, ids.new("msg").encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs, mine = os.read(reading, 30).decode(), ids.new("msg")
    os.close(reading)
    os.close(writing)
    assert len(theirs) == 30
    assert theirs[-16:] != mine[-16:]


def test_the_id_of_a_user_of_the_host_is_the_same_in_every_version() -> None:
    """It is stored, and worked out anew for every request."""
    assert ids.visitor_of("default", "mia") == "vis_698e3d6cxvrgfg6d2wm5d4cj86"
    agent = ids.agent_of(b"0123456789abcdef", "default", "ada")
    assert agent == "agt_4vmtcf5fne052se7em3bya8brc"


kinds = st.sampled_from(["conversation", "notes", "inbox", "", "Conversation"])


@given(st.builds("".join, st.tuples(kinds, st.sampled_from(["", ":", "::"]), st.text(max_size=9))))
@example("conversation:")
@example(":c")
def test_stream_names(name: str) -> None:
    kind, colon, subject = name.partition(":")
    if colon and subject:
        stream = streams.parse(name)
        assert (stream.kind, stream.subject, stream.name) == (kind, subject, name)
    else:
        with pytest.raises(NotFoundError):
            streams.parse(name)


@given(st.lists(st.sampled_from(Availability), max_size=5))
def test_the_team_is_there_when_somebody_is(members: list[Availability]) -> None:
    team = agent_rules.of_all(members)
    if Availability.ONLINE in members:
        assert team is Availability.ONLINE
    elif not set(members) - {Availability.OFFLINE}:
        assert team is Availability.OFFLINE
    else:
        assert team is Availability.AWAY


@given(st.sampled_from(Availability))
def test_an_agent_without_a_connection_is_offline(chosen: Availability) -> None:
    assert agent_rules.effective(chosen, present=True) is chosen
    assert agent_rules.effective(chosen, present=False) is Availability.OFFLINE


TABLE = FrameTable(FRAMES)


def decode(raw: bytes | str, *, limit: int) -> Any:
    """A frame, or the error it was refused with."""
    try:
        return TABLE.decode(raw, limit=limit)
    except FrameRejected as rejected:
        return rejected.error


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_any_frame_is_taken_or_refused_by_name(raw: bytes | str) -> None:
    decoded = decode(raw, limit=200)
    assert isinstance(decoded, (CampfireError, *TABLE.handlers))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.sampled_from(list(TABLE.handlers)), st.dictionaries(st.text(max_size=5), JSON), JSON)
def test_known_frames_with_any_fields(kind: Any, extra: dict[str, Any], value: Any) -> None:
    fields = dict.fromkeys(kind.__struct_fields__, value)
    message = json.dumps({"type": kind.__struct_config__.tag, **extra, **fields})
    decoded = decode(message, limit=10**6)
    if isinstance(decoded, CampfireError):
        assert decoded.code in ("invalid", "malformed")


@pytest.mark.parametrize(
    "patch", [Patch(snoozed_until=NOW + 1), Patch(status=Status.SNOOZED, snoozed_until=NOW)]
)
def test_a_snooze_ends_in_the_future(patch: Patch) -> None:
    with pytest.raises(InvalidError):
        change(conversation(), patch, actor=AGENT, now=NOW)


@given(
    st.text(alphabet=" \n\u00ad\u034f\u115f\u17b4\u180b\u200d\u2800\u3164\ufe0f\uffa0\U000e0100")
)
def test_fillers_and_variation_selectors_show_nothing(nothing: str) -> None:
    assert text.is_blank(nothing)
    assert not text.is_blank(nothing + "x")
    assert not text.is_blank("❤" + nothing)
    with pytest.raises(CampfireError):
        check_body(nothing, limit=10_000)
    assert text.storable(nothing, limit=100) is None


@pytest.mark.parametrize("sender", [AGENT, VISITOR, Participant(SenderKind.BOT, "bot")])
@pytest.mark.parametrize("visibility", list(Visibility))
@pytest.mark.parametrize("assign", [True, False])
@pytest.mark.parametrize("taken", [True, False])
def test_who_answers_what_nobody_has_gets_it(
    sender: Participant, visibility: Visibility, assign: bool, taken: bool
) -> None:
    bob = Assignee(id="bob", name="Bob", avatar_url=None) if taken else None
    about = conversation(assignee=bob)
    changes = receive(about, message_of(sender, visibility, NOW), NOW, assign=assign)
    answers = sender is AGENT and visibility is Visibility.PUBLIC
    if assign and answers and not taken:
        assert about.assignee == Assignee(id="ada", name="Agent", avatar_url=None)
        (taking,) = changes
        assert taking.event == conversation_events.ASSIGNEE_CHANGED
        assert not taking.internal
    else:
        assert about.assignee == bob
        assert changes == []
