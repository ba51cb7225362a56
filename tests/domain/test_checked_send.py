"""Whose replies are held, and what their writers are told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.features.messages.records import Message, MessageKind, Visibility
from campfire_chat.features.messages.rules import (
    MOST_TOLD,
    is_checked,
    told_since,
)

BEN = Participant(SenderKind.AGENT, "agt_ben", "Ben", None)
MIA = Participant(SenderKind.VISITOR, "vis_mia", "Mia", None)


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
