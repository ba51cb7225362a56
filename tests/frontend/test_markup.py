"""Server and browser read the marks of a message in the same way."""

from __future__ import annotations

import json
import random
import unicodedata
from pathlib import Path
from typing import Any

import pytest

import campfire_chat
from campfire_chat.core import markup
from tests.support.node import evaluate

COMMON = Path(campfire_chat.__file__).parent / "frontend" / "common"
VECTORS: list[dict[str, Any]] = json.loads(
    Path(__file__).parents[1].joinpath("support", "markup.json").read_text("utf-8")
)

CODE = f"""
    import {{ readFileSync }} from "node:fs";
    import {{ marked, plain }} from "{(COMMON / "markup.ts").as_uri()}";
    const list = (part) => {{
        if (typeof part === "string") return part;
        const {{ children, target, rel, ...rest }} = part.props;
        if (part.tag === "a" && (target !== "_blank" || rel !== "noopener noreferrer nofollow"))
            throw new Error("an unsafe link");
        return [part.tag, rest, ...children.map(list)];
    }};
    const bodies = JSON.parse(readFileSync(0, "utf-8"));
    console.log(JSON.stringify(bodies.map((body) => [marked(body).map(list), plain(body)])));
"""

#: Pieces that are likely to meet in the wrong way.
PIECES = [
    *("*", "**", "***", "_", "__", "~~", "~", "`", "``", "```", "\n```\n", "```js\n", "\n", "\r\n"),
    *("\n> ", "\n>", "\n- ", "\n* ", "\n1. ", "\n22) ", "\n  - ", "\n    ", " ", "\t", "\u00a0"),
    *(
        "[",
        "](",
        ")",
        "(",
        "https://a.example/x",
        "mailto:a@b.example",
        "https://[",
        "http://",
        "]",
    ),
    *(
        "x",
        "word",
        "é",
        "重",
        "ế",
        "😀",
        "\ufeff",
        "\x85",
        "\x1c",
        "\u2028",
        "²",
        ":",
        ".",
        ">",
        "-",
    ),
    *("javascript:", "<b>", "&amp;", "\u202e", "HTTPſ://a.example", "\u0301", "٣"),
]

#: What costs a careless parser a long time.
LONG = [
    piece * (10_000 // len(piece))
    for piece in (
        *(
            "*",
            "_",
            "`",
            "~",
            "[",
            "](",
            "*a ",
            "**a *b ",
            "_a*b",
            "`a``b",
            "```\n",
            "```a\n",
            "> ",
        ),
        *("- ", "[x](https://(", "[x](https://a", "https://", "(https://a.example/(", "1. ", "\n"),
        *("*a* ", "a* ", "> - ", "- a\n  ", "> > > > > ", "mailto:a@", "**a _b ~~c "),
    )
]


def browser(bodies: list[str]) -> list[tuple[Any, str]]:
    return [tuple(found) for found in evaluate(CODE, bodies)]


@pytest.fixture(scope="module")
def shown() -> dict[str, tuple[Any, str]]:
    bodies = [vector["body"] for vector in VECTORS]
    return dict(zip(bodies, browser(bodies), strict=True))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["body"])
def test_what_is_shown_and_what_is_said(
    vector: dict[str, Any], shown: dict[str, tuple[Any, str]]
) -> None:
    assert shown[vector["body"]] == (vector["shown"], vector["plain"])
    assert markup.plain(vector["body"]) == vector["plain"]


def test_both_read_any_text_in_the_same_way() -> None:
    dice = random.Random(9)
    bodies = ["".join(dice.choices(PIECES, k=dice.randint(1, 14))) for _ in range(4000)]
    for body, (_, said) in zip(bodies, browser(bodies), strict=True):
        assert markup.plain(body) == said, body


def test_both_agree_on_what_belongs_to_a_word() -> None:
    bodies = [
        f"{chr(point)}*x*"
        for point in range(0x20, 0x3000)
        if not 0xD800 <= point < 0xE000 and chr(point) not in "*_~`>-0123456789:"
    ]
    different = [
        body[0]
        for body, (_, said) in zip(bodies, browser(bodies), strict=True)
        # What one side's version of Unicode does not know yet is nobody's mistake.
        if markup.plain(body) != said and unicodedata.category(body[0]) != "Cn"
    ]
    assert different == []


def test_no_text_takes_long() -> None:
    """Whatever somebody sends costs each reader a moment: the time of the whole is bounded by the
    time limit of the test alone."""
    for body, (_, said) in zip(LONG, browser(LONG), strict=True):
        assert markup.plain(body) == said
