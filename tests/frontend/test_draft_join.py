"""Drafts that grew apart: the console's own code in node, on made-up texts."""

from __future__ import annotations

import json
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.package.test_frontend_rooms import FRONTEND
from tests.support.node import evaluate

MODULE: Final = FRONTEND / "console" / "features" / "drafts" / "join.ts"
CODE: Final = f"""
    import {{ join }} from {json.dumps(MODULE.as_uri())};
    let told = "";
    for await (const part of process.stdin) told += part;
    console.log(JSON.stringify(JSON.parse(told).map(([here, there]) => join(here, there))));
"""


def joined(pairs: list[tuple[str, str]]) -> list[str]:
    return evaluate(CODE, pairs)


def test_what_goes_on_from_the_other_replaces_it() -> None:
    pairs = [("Hello Mia", "Hello"), ("Hello", "Hello Mia"), ("", "Hello"), ("Hello", ""), ("", "")]
    assert joined(pairs) == ["Hello Mia", "Hello Mia", "Hello", "Hello", ""]
    # Both begun apart: the other one's comes first.
    assert joined([("On the phone", "At the desk")]) == ["At the desk\nOn the phone"]


@settings(max_examples=5)
@given(st.lists(st.tuples(st.text(), st.text()), min_size=50, max_size=50))
def test_nothing_is_lost_and_a_repetition_adds_nothing(pairs: list[tuple[str, str]]) -> None:
    once = joined(pairs)
    assert all(
        here in both and there in both for (here, there), both in zip(pairs, once, strict=True)
    )
    again = joined([(both, there) for both, (_, there) in zip(once, pairs, strict=True)])
    assert again == once
