"""Every rule of the checker can fail: histories that break one each, and one that breaks none."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from msgspec import structs

from tests.faults import checker
from tests.faults.checker import (
    Answer,
    ConversationRow,
    Journal,
    Log,
    MessageRow,
    Sent,
    Stored,
)
from tests.support.client import Frame

VISITOR, AGENT = "visitor:mia", "agent:ada"
PUBLIC, INBOX = "conversation:conv_1", "inbox:org"


def created(number: int, sender: str = VISITOR) -> Frame:
    kind, _, id = sender.partition(":")
    return {
        "stream": PUBLIC,
        "seq": number,
        "event": "message.created",
        "at": f"2026-01-01T00:00:0{number}.000000Z",
        "data": {
            "id": f"msg_{number}",
            "conversation_id": "conv_1",
            "visibility": "public",
            "seq": number,
            "sender": {"kind": kind, "id": id},
            "body": f"text {number}",
            "client_id": f"c{number}",
            "edited_at": None,
            "deleted_at": None,
        },
    }


def row(number: int, sender: str = VISITOR) -> MessageRow:
    return MessageRow(
        message_id=f"msg_{number}",
        client_key=f"c{number}\x1f{sender}",
        conversation_id="conv_1",
        visibility="public",
        seq=number,
        body=f"text {number}",
        edited=False,
        deleted=False,
    )


def sent(number: int, sender: str = VISITOR) -> Sent:
    """Number n is sent at n seconds and acknowledged half a second later."""
    return Sent(
        sender=sender,
        client_id=f"c{number}",
        conversation_id="conv_1",
        body=f"text {number}",
        began=float(number),
        answers=[Answer(number + 0.5, f"msg_{number}", number, False)],
    )


def summary(head: int = 3) -> Frame:
    return {
        "stream": INBOX,
        "seq": 1,
        "event": "conversation.updated",
        "at": "2026-01-01T00:00:03.000000Z",
        "data": {
            "id": "conv_1",
            "status": "open",
            "assignee": None,
            "head": head,
            "notes_head": 0,
        },
    }


class History:
    """A good one, to be spoiled."""

    def __init__(self) -> None:
        self.events = {
            PUBLIC: [created(1), created(2, AGENT), created(3)],
            INBOX: [summary()],
        }
        self.heads = {PUBLIC: 3, INBOX: 1}
        self.messages = [row(1), row(2, AGENT), row(3)]
        self.conversation = ConversationRow("conv_1", "open", None, 3, 0)
        self.sent = [sent(1), sent(2, AGENT), sent(3)]
        self.logs = [Log("mia", PUBLIC, 0, copy.deepcopy(self.events[PUBLIC]))]
        self.broken: list[str] = []

    def found(self) -> set[str]:
        """The rules that it breaks."""
        journal = Journal(sent=self.sent, logs=self.logs, broken=self.broken)
        stored = Stored(self.events, self.heads, self.messages, [self.conversation])
        return {finding.what for finding in checker.findings(journal, stored) if not finding.holds}


def test_a_good_history_breaks_no_rule() -> None:
    assert not History().found()


def lose(history: History) -> None:
    """Acknowledged, and not there; the tables agree with each other all the same."""
    del history.messages[2], history.events[PUBLIC][2], history.logs[0].applied[2]
    history.heads[PUBLIC] = 2
    history.conversation = structs.replace(history.conversation, head=2)
    history.events[INBOX] = [summary(2)]


def another_seq(history: History) -> None:
    history.sent[2].answers = [Answer(3.5, "msg_3", 4, False)]


def another_text(history: History) -> None:
    history.sent[0].body = "something else"


def another_conversation(history: History) -> None:
    history.sent[0].conversation_id = "conv_2"


def twice(history: History) -> None:
    history.events[PUBLIC].append(created(4))
    again = history.events[PUBLIC][3]
    again["data"] |= {"client_id": "c3", "body": "text 3"}
    history.messages.append(structs.replace(row(4), client_key=row(3).client_key, body="text 3"))
    history.heads[PUBLIC] = 4
    history.conversation = structs.replace(history.conversation, head=4)
    history.events[INBOX] = [summary(4)]
    history.logs = []
    # Its first answer named the later one, so that nothing seems lost.
    history.sent[2].answers = [Answer(3.5, "msg_4", 4, False)]


def new_twice(history: History) -> None:
    history.sent[2].answers.append(Answer(3.7, "msg_3", 3, False))


def gap(history: History) -> None:
    history.events[INBOX][0]["seq"] = 2
    history.heads[INBOX] = 2


def head(history: History) -> None:
    history.heads[INBOX] = 2


def conversation_head(history: History) -> None:
    history.conversation = structs.replace(history.conversation, notes_head=1)
    history.events[INBOX][0]["data"]["notes_head"] = 1


def order(history: History) -> None:
    """The third was sent when the second had been acknowledged long ago, and is before it."""
    history.sent[1].began, history.sent[1].answers = 0.1, [Answer(0.2, "msg_2", 2, False)]


def other_event(history: History) -> None:
    history.logs[0].applied[1]["data"]["body"] = "text of another life"


def too_much(history: History) -> None:
    history.logs[0].applied.append(created(4))


def behind(history: History) -> None:
    del history.logs[0].applied[2]


def no_row(history: History) -> None:
    history.sent.pop()
    history.messages.pop()


def no_event(history: History) -> None:
    history.messages.append(structs.replace(row(9), conversation_id="conv_9"))


def other_state(history: History) -> None:
    history.messages[0] = structs.replace(history.messages[0], edited=True)


def other_inbox(history: History) -> None:
    history.conversation = structs.replace(history.conversation, status="resolved")


def unseen(history: History) -> None:
    history.events[INBOX][0]["data"]["id"] = "conv_9"


def early(history: History) -> None:
    for events in (history.events[PUBLIC], history.logs[0].applied):
        events[2]["at"] = events[1]["at"]


def frame(history: History) -> None:
    history.broken.append("no such frame")


LOST = "lost, of 3 acknowledged"
TWICE = "stored twice"
HEADS = "heads that differ from the last event"
PREFIX = "client records, of 1, that are not a prefix"
STATE = "state that differs from the events"


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lose, LOST),
        (another_seq, LOST),
        (another_text, LOST),
        (another_conversation, LOST),
        (twice, TWICE),
        (new_twice, TWICE),
        (gap, "streams with a gap"),
        (head, HEADS),
        (conversation_head, HEADS),
        (order, "messages sent after an ok but ordered before it"),
        (other_event, PREFIX),
        (too_much, PREFIX),
        (behind, "client records that do not reach the head"),
        (no_row, STATE),
        (no_event, STATE),
        (other_state, STATE),
        (other_inbox, STATE),
        (unseen, STATE),
        (early, "times that decrease"),
        (frame, "frames that violate the protocol"),
    ],
    ids=lambda item: item.__name__ if callable(item) else "",
)
def test_each_rule_can_fail(spoil: Callable[[History], None], rule: str) -> None:
    history = History()
    spoil(history)
    assert history.found() == {rule}


def test_nobody_hears_what_comes_after_the_last_has_left() -> None:
    history = History()
    last = history.events[INBOX][-1]
    history.logs.append(Log("ada", INBOX, 0, copy.deepcopy(history.events[INBOX])))
    end = {"stream": INBOX, "at": last["at"]}
    for event, data in (("agent.session_ended", {"id": "agt_1"}), ("hidden", {})):
        history.heads[INBOX] += 1
        history.events[INBOX].append(
            {**end, "seq": history.heads[INBOX], "event": event, "data": data}
        )
    assert not history.found()
    # What comes before these is missed by somebody who was there.
    del history.logs[1].applied[0]
    assert history.found() == {"client records that do not reach the head"}


def test_the_order_counts_from_the_first_attempt() -> None:
    # The second was sent before the third was acknowledged; either may be first.
    history = History()
    history.sent[1].answers = [Answer(2.9, "msg_2", 2, False)]
    history.sent[2].began, history.sent[2].answers = 2.1, [Answer(2.2, "msg_3", 3, False)]
    assert not history.found()
    history.sent[1].began = 2.5
    assert history.found() == {"messages sent after an ok but ordered before it"}


def test_a_deleted_text_is_no_difference() -> None:
    history = History()
    history.events[PUBLIC][1]["data"] |= {"body": "", "deleted_at": "2026-01-01T00:01:00.000000Z"}
    history.messages[1] = structs.replace(history.messages[1], body="", deleted=True)
    assert not history.found()
