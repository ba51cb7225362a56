"""What a team may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campfire_chat.core.errors import InvalidError
from campfire_chat.features.teams import rules


@given(st.text(max_size=80))
def test_a_checked_name_stays_as_it_is(name: str) -> None:
    try:
        checked = rules.check_name(name)
    except InvalidError:
        return
    assert len(checked) >= 1
    assert rules.check_name(checked) == checked
    assert rules.key_of(checked) == rules.key_of(checked.upper().lower()) or not checked.isascii()


def test_upper_and_lower_case_are_one_name() -> None:
    assert rules.key_of("Straße") == rules.key_of("STRASSE")
    assert rules.key_of("Billing") == rules.key_of("bILLING")
    assert rules.key_of("Billing") != rules.key_of("Billings")


def test_a_description_may_be_empty() -> None:
    assert rules.check_description("  ") == ""
    assert rules.check_description(" Invoices ") == "Invoices"
    with pytest.raises(InvalidError):
        rules.check_description("x" * (rules.MOST_DESCRIPTION + 1))


@given(st.lists(st.sampled_from(["agt_a", "agt_b", "agt_c"])))
def test_members_are_there_once(members: list[str]) -> None:
    assert rules.check_members(members) == sorted(set(members))
