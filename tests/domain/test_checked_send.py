"""When a reply is held, since a colleague has answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.features.messages.records import Message, MessageKind, Visibility
from campfire_chat.features.messages.rules import (
    MOST_TOLD,
    answered_since,
    is_checked,
    told_since,
)

ADA = Participant(SenderKind.AGENT, "agt_ada", "Ada", None)
BEN = Participant(SenderKind.AGENT, "agt_ben", "Ben", None)
MIA = Participant(SenderKind.VISITOR, "vis_mia", "Mia", None)
#: The same id as an agent's is another person.
OTHERS = [
    MIA,
    structs.replace(BEN, kind=SenderKind.VISITOR),
    *(
        structs.replace(BEN, kind=kind)
        for kind in (SenderKind.BOT, SenderKind.SYSTEM, SenderKind.API_KEY)
    ),
]


def said(sender: Participant, seq: int = 2, *, deleted: bool = False) -> Message:
    return Message(
        id=f"msg_{seq}",
        conversation_id="conv_1",
        visibility=Visibility.PUBLIC,
        seq=seq,
        at="2026-01-31T09:00:00.000000Z",
        sender=sender,
        kind=MessageKind.TEXT,
        body="" if deleted else f"Number {seq}",
        client_id=str(seq),
        deleted_at="2026-01-31T09:01:00.000000Z" if deleted else None,
    )


def test_a_colleague_who_has_answered_holds_it() -> None:
    assert answered_since([said(BEN)], ADA)
    assert not answered_since([said(BEN)], BEN)
    assert not answered_since([], ADA)


@pytest.mark.parametrize("sender", OTHERS, ids=lambda sender: sender.kind.value)
def test_nobody_else_does(sender: Participant) -> None:
    assert not answered_since([said(sender)], ADA)


def test_a_deleted_answer_holds_nothing() -> None:
    assert not answered_since([said(BEN, deleted=True)], ADA)
    assert answered_since([said(BEN, deleted=True), said(BEN, 3)], ADA)


@given(st.lists(st.sampled_from([ADA, BEN, *OTHERS])))
def test_it_matters_who_has_spoken_and_not_in_which_order(senders: list[Participant]) -> None:
    since = [said(sender, seq) for seq, sender in enumerate(senders, 2)]
    assert answered_since(since, ADA) == (BEN in senders)
    assert answered_since(since[::-1], ADA) == (BEN in senders)


def test_visitors_have_no_colleagues() -> None:
    assert [kind for kind in SenderKind if not is_checked(structs.replace(MIA, kind=kind))] == [
        SenderKind.VISITOR
    ]


@given(st.lists(st.booleans(), max_size=3 * MOST_TOLD))
def test_the_newest_that_still_say_something_are_told(deleted: list[bool]) -> None:
    since = [said(BEN, seq, deleted=gone) for seq, gone in enumerate(deleted, 2)]
    present = [message.seq for message in since if message.deleted_at is None]
    told = told_since(since)
    assert [preview.seq for preview in told] == present[-MOST_TOLD:]
    assert all(preview.text == f"Number {preview.seq}" for preview in told)
