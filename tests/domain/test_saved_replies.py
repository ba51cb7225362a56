"""The rules of saved replies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campfire_chat.core import text
from campfire_chat.core.errors import InvalidError
from campfire_chat.features.saved_replies import rules
from campfire_chat.features.saved_replies.codec import record_of, values_of
from campfire_chat.features.saved_replies.records import SavedReplyRecord

ANY = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=60)


@given(ANY)
def test_what_is_stored_as_a_shortcut_is_valid_again(typed: str) -> None:
    try:
        stored = rules.check_shortcut(typed)
    except InvalidError:
        return
    assert rules.check_shortcut(stored) == stored
    assert 1 <= len(stored) <= rules.MOST_SHORTCUT
    assert not any(character.isspace() for character in stored)


@pytest.mark.parametrize(
    ("typed", "stored"), [("/Hi", "hi"), (" a.b-c_d ", "a.b-c_d"), ("7", "7"), ("É", "é")]
)
def test_a_shortcut_is_in_lower_case_without_its_slash(typed: str, stored: str) -> None:
    assert rules.check_shortcut(typed) == stored


@given(ANY, ANY, ANY)
def test_every_word_is_found_by_its_beginning(shortcut: str, title: str, body: str) -> None:
    kept = rules.searchable(shortcut, title, body)
    for word in rules.words_of(f"{shortcut} {title} {body}"):
        assert f" {word[:3]}" in kept
        assert rules.words_of(word) == [word]


@given(ANY)
def test_accents_and_case_do_not_matter(words: str) -> None:
    assert text.folded(text.folded(words)) == text.folded(words)


def test_folding() -> None:
    assert rules.words_of("Crème BRÛLÉE, Straße İzmir ﬁn Łódź Ærø") == [
        *("creme", "brulee", "strasse", "izmir", "fin", "lodz", "aero")
    ]


@pytest.mark.parametrize("owner_id", [None, "agt_1"])
def test_a_row_says_what_the_record_says(owner_id: str | None) -> None:
    record = SavedReplyRecord(
        id="srp_1",
        shortcut="hi",
        title="Hi",
        body="Hello",
        owner_id=owner_id,
        created_by="agt_1",
        created_at="2026-01-31T09:00:00.123456Z",
        updated_by="agt_2",
        updated_at="2026-02-01T09:00:00.000000Z",
    )
    assert record_of({**values_of(record), "org_id": "default"}) == record
