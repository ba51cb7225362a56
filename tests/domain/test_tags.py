"""The rules of tags: which names are the same, and what a conversation says after a change."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campfire_chat.core.errors import InvalidError, InvalidTextError
from campfire_chat.features.tags import rules
from campfire_chat.features.tags.codec import TAG_ROWS
from campfire_chat.features.tags.errors import InvalidTagError
from campfire_chat.features.tags.queries import Named
from campfire_chat.features.tags.records import TagColor, TagRecord
from campfire_chat.features.tags.rewriting import Rewriting, present


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("billing", "BILLING"),
        ("Straße", "STRASSE"),
        ("Café", "Cafe\u0301"),
        ("ＶＩＰ", "vip"),
        ("ΟΔΟΣ", "οδος"),
    ],
)
def test_names_that_are_the_same(one: str, other: str) -> None:
    assert rules.same_name(one) == rules.same_name(other)


@pytest.mark.parametrize(("one", "other"), [("Cafe", "Café"), ("a b", "ab"), ("tea", "teas")])
def test_names_that_differ(one: str, other: str) -> None:
    assert rules.same_name(one) != rules.same_name(other)


def test_a_name_is_one_line() -> None:
    assert rules.check_name("  Cafe\u0301 ") == "Café"
    assert rules.check_name("x" * rules.MOST_NAME)
    for wrong in ("", "  ", "\u200b", "x" * (rules.MOST_NAME + 1), "a\nb", "a\tb"):
        with pytest.raises(InvalidError) as refused:
            rules.check_name(wrong, field="tags")
        assert refused.value.field == "tags"
    with pytest.raises(InvalidTextError):
        rules.check_name("a\x00b")


def test_a_description_is_one_line_and_may_be_empty() -> None:
    assert rules.check_description("") == ""
    assert rules.check_description(" Money\n back ") == "Money back"
    assert rules.check_description("x" * rules.MOST_DESCRIPTION)
    with pytest.raises(InvalidTagError):
        rules.check_description("x" * (rules.MOST_DESCRIPTION + 1))
    with pytest.raises(InvalidTextError):
        rules.check_description("a\x00b")


def test_the_documented_bounds() -> None:
    """As the reference of the API names them."""
    assert (rules.MOST_NAME, rules.MOST_DESCRIPTION, rules.MOST_TAGS) == (40, 200, 1_000)


def test_what_a_conversation_says_then() -> None:
    found = {
        "billing": Named("tag_1", "Invoices"),
        "payment": Named("tag_1", "Invoices"),
        "late": Named(None, ""),
        "vip": Named("tag_2", "VIP"),
    }
    said = ["vip", "Billing", "late", "unknown", "payment"]
    assert present(said, found) == {"VIP": "tag_2", "Invoices": "tag_1", "unknown": None}
    assert present([], found) == {}


@given(names=st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True), data=st.data())
def test_what_it_says_then_needs_no_second_change(names: list[str], data: st.DataObject) -> None:
    tags = st.sampled_from([Named("tag_1", "a"), Named("tag_2", "x"), Named(None, "")])
    found = {name: data.draw(tags) for name in data.draw(st.sets(st.sampled_from("abcd")))}
    found |= {"a": Named("tag_1", "a"), "x": Named("tag_2", "x")}
    once = present(names, found)
    assert present(list(once), found) == once
    assert len({tag_id for tag_id in once.values() if tag_id}) == len(
        [tag_id for tag_id in once.values() if tag_id]
    )


def test_a_record_is_stored_and_read() -> None:
    record = TagRecord(
        id="tag_1",
        name="Café",
        color=TagColor.TEAL,
        description="Coffee",
        created_by="ada",
        created_at="2026-01-01T09:00:00.000001Z",
        updated_by="bob",
        updated_at="2026-01-02T09:00:00.000000Z",
    )
    row = TAG_ROWS.write(record, "default", "café")
    assert row[:4] == ("default", "tag_1", "Café", "café")
    assert (
        TAG_ROWS.read([item for number, item in enumerate(row) if number not in (0, 3)]) == record
    )


def test_a_migration_may_leave_out_who_it_was() -> None:
    """It writes the arguments of the job as text."""
    told = msgspec.json.decode('{"tag_id": "tag_1", "rewrite_id": "rew_1"}', type=Rewriting)
    assert told == Rewriting(tag_id="tag_1", rewrite_id="rew_1", actor=None, after="")
