"""The browser counts the length of a text, and sees whether it shows anything, as the server."""

from __future__ import annotations

import json
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import campfire_chat
from campfire_chat.core import text
from tests.support.node import TYPESCRIPT

COMMON = Path(campfire_chat.__file__).parent / "frontend" / "common"

TEXTS = [
    *("", " ", "\n\t", "x", " x ", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u00ad", "\u2028"),
    *("\u3164", "\uffa0", "\u115f", "\u1160", "\u17b4", "\u180b", "\u180f", "\u034f", "\u2800"),
    *("\ufe0f", "\ufe0f\ufe0e", "\U000e0100", "\U000e0fff", "\U0001d159", "\u202e", "\x85", "\x1c"),
    *(
        "❤\ufe0f",
        "👍",
        "👨\u200d👩\u200d👧",
        "é",
        "e\u0301",
        "\u0301",
        "Z\u0351\u036b",
        "日本",
        "🇩🇪",
    ),
    *("\ue000", "\ufff9", "\ufffc", "\ufffd", "\u0600", "\u06dd", "👍" * 200, "a\u0300" * 200),
]


def run(folder: Path, code: str, *arguments: str) -> Any:
    """What a script prints as JSON that has the two functions of the browser."""
    script = folder / "text.mjs"
    module = (COMMON / "text.ts").as_uri()
    script.write_text(f'import {{ characters, isBlank }} from "{module}";\n{code}', "utf-8")
    command = [*TYPESCRIPT, script, *arguments]
    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    return json.loads(done.stdout)


def test_browser_and_server_agree_on_text(tmp_path: Path) -> None:
    code = """
        const texts = JSON.parse(process.argv[2]);
        console.log(JSON.stringify(texts.map((text) => [characters(text), isBlank(text)])));
    """
    found = run(tmp_path, code, json.dumps(TEXTS))
    assert found == [[len(item), text.is_blank(item)] for item in TEXTS]


def test_every_code_point_shows_something_on_both_sides_or_on_neither(tmp_path: Path) -> None:
    code = """
        const found = [];
        for (let point = 0; point < 0x110000; point++) {
            if (point >= 0xd800 && point < 0xe000) continue;
            if (isBlank(String.fromCodePoint(point))) found.push(point);
        }
        console.log(JSON.stringify(found));
    """
    here = {
        point
        for point in range(0x110000)
        if not 0xD800 <= point < 0xE000 and text.is_blank(chr(point))
    }
    there = set(run(tmp_path, code))
    # What one side's version of Unicode does not know yet is nobody's mistake.
    known = {point for point in here ^ there if unicodedata.category(chr(point)) != "Cn"}
    assert {f"U+{point:04X}" for point in known} == set()
