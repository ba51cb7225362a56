"""Drafts that grew apart: the console's own code in node, on made-up texts."""

from __future__ import annotations

import json
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.package.test_frontend_rooms import FRONTEND
from tests.support.node import evaluate

MODULE: Final = FRONTEND / "console" / "features" / "drafts" / "join.ts"
CODE: Final = f"""
    import * as module from {json.dumps(MODULE.as_uri())};
    let told = "";
    for await (const part of process.stdin) told += part;
    const [name, pairs] = JSON.parse(told);
    console.log(JSON.stringify(pairs.map(([here, there]) => module[name](here, there))));
"""


def called(name: str, pairs: list[tuple[Any, Any]]) -> list[Any]:
    return evaluate(CODE, [name, pairs])


def joined(pairs: list[tuple[str, str]]) -> list[str]:
    return called("join", pairs)


def text(reply: str, note: str = "", quoting: str | None = None) -> dict[str, Any]:
    return {"mode": "reply", "reply": reply, "note": note, "quoting": quoting}


def draft(reply: str, base: str | None, *told: str, due: bool = True) -> dict[str, Any]:
    return {**text(reply), "base": base, "due": due, "told": [text(each) for each in told]}


def test_of_its_own_text_a_device_takes_only_when_it_was_stored() -> None:
    stored = draft("Hello", "2", due=False)
    cases = {
        # Sent meanwhile, and replaced meanwhile.
        "": draft("", "1", "Hel", "Hello", ""),
        "Bye": draft("Bye", "1", "Hello"),
        # Written on another device.
        "Hello": draft("", "1", "Hi"),
        "Hello\nBye": draft("Bye", "1"),
    }
    merged = called("merge", [(here, stored) for here in cases.values()])
    assert [both["reply"] for both in merged] == list(cases)
    assert [both["due"] for both in merged] == [True, True, False, True]
    assert all(both["base"] == "2" and both["told"] == [] for both in merged)
    # Without anything of its own, it shows what is there.
    assert called("merge", [(draft("Hel", "1", due=False), stored)]) == [stored]


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
