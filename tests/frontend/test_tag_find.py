"""Finding a tag while one types: the console's own code in node."""

from __future__ import annotations

import json
from typing import Final

import pytest

from tests.package.test_frontend_rooms import FRONTEND
from tests.support.node import evaluate

MODULE: Final = FRONTEND / "console" / "features" / "tags" / "find.ts"
CODE: Final = f"""
    const {{ find }} = await import({json.dumps(MODULE.as_uri())});
    let told = "";
    for await (const part of process.stdin) told += part;
    const [tags, typed] = JSON.parse(told);
    console.log(JSON.stringify(typed.map((words) => find(tags, words).map(({{ name }}) => name))));
"""
TAGS: Final = [
    {"name": "shipping", "description": "Where a parcel is"},
    {"name": "lost parcel", "description": ""},
    {"name": "refund", "description": "Money back"},
    {"name": "Überfällig", "description": ""},
    {"name": "partial refund", "description": ""},
]


@pytest.fixture(scope="module")
def answers() -> dict[str, list[str]]:
    typed = ["", "  ", "re", "PARCEL", "uber", "fund", "money", "zzz"]
    return dict(zip(typed, evaluate(CODE, [TAGS, typed]), strict=True))


def test_nothing_typed_finds_all(answers: dict[str, list[str]]) -> None:
    assert answers[""] == answers["  "] == [tag["name"] for tag in TAGS]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        # The beginning of the name, of a word in it, and then the descriptions.
        ("re", ["refund", "partial refund", "shipping"]),
        ("PARCEL", ["lost parcel", "shipping"]),
        ("uber", ["Überfällig"]),
        ("fund", ["refund", "partial refund"]),
        ("money", ["refund"]),
        ("zzz", []),
    ],
)
def test_names_come_before_descriptions(
    answers: dict[str, list[str]], typed: str, found: list[str]
) -> None:
    assert answers[typed] == found
