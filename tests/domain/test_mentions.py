"""Whom a note names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campfire_chat.core import ids
from campfire_chat.core.errors import InvalidError
from campfire_chat.features.mentions.rules import MOST_MENTIONS, check_mentions, mentioned

#: The same in every process: the names of the tests have them.
ADA, TEAM, MIA = (f"{kind}_01jd0000000000000000000000" for kind in ("agt", "team", "vis"))


def test_ids_of_agents_and_teams_are_found_once_in_their_order() -> None:
    assert mentioned(f"<@{TEAM}>, <@{ADA}>! <@{TEAM}>") == [TEAM, ADA]


@pytest.mark.parametrize(
    "body",
    [
        "@Ada",
        f"@{ADA}",
        f"<@ {ADA}>",
        f"<@{ADA}",
        f"<@{ADA}x>",
        f"<@{ADA.upper()}>",
        f"<@{MIA}>",
        "<@agt_short>",
    ],
)
def test_anything_else_is_text(body: str) -> None:
    assert mentioned(body) == []


@given(st.text(), st.text())
def test_text_around_it_changes_nothing(before: str, after: str) -> None:
    assert ADA in mentioned(f"{before}<@{ADA}>{after}")


def test_only_so_many() -> None:
    most = "".join(f"<@{ids.new('agt')}>" for _ in range(MOST_MENTIONS))
    check_mentions(most)
    check_mentions(most + most)
    with pytest.raises(InvalidError):
        check_mentions(f"{most}<@{ADA}>")
