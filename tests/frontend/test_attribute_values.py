"""Values of attributes as they are typed and shown: the console's own code in node."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.package.test_frontend_rooms import FRONTEND
from tests.support.node import evaluate

MODULE: Final = FRONTEND / "console" / "features" / "contacts" / "attributeValues.ts"
CODE: Final = f"""
    globalThis.document = {{ documentElement: {{ lang: "en" }} }};
    const {{ addressOf, typedValue }} = await import({json.dumps(MODULE.as_uri())});
    let told = "";
    for await (const part of process.stdin) told += part;
    console.log(JSON.stringify(JSON.parse(told).map(([use, type, value]) =>
      (use === "typed" ? typedValue : addressOf)({{ type }}, value))));
"""

#: What is done, the type of the attribute, the value, and what becomes of it.
CASES: Final[list[tuple[str, str, Any, Any]]] = [
    ("typed", "number", " 12 ", 12),
    ("typed", "number", "1,5", 1.5),
    ("typed", "number", "0,125", 0.125),
    ("typed", "number", "-1500,25", -1500.25),
    ("typed", "number", "1500,250", 1500.25),
    # The console shows 1500 as 1,500. The server refuses text in place of a number.
    ("typed", "number", "1,500", "1,500"),
    ("typed", "number", "-12,000", "-12,000"),
    ("typed", "number", "1,500,000", "1,500,000"),
    ("typed", "number", "many", "many"),
    ("typed", "number", "  ", None),
    ("address", "link", "https://mia.example/x", "https://mia.example/x"),
    ("address", "link", "HTTP://mia.example", "HTTP://mia.example"),
    # Stored as text, before the attribute became a link.
    ("address", "link", "javascript:alert(1)", None),
    ("address", "link", " javascript:alert('https://mia.example')", None),
    ("address", "link", "data:text/html,x", None),
    ("address", "link", "mia.example", None),
    ("address", "link", 12, None),
    ("address", "text", "https://mia.example/x", None),
]


def test_values_are_taken_as_they_are_meant() -> None:
    found = evaluate(CODE, [case[:3] for case in CASES])
    assert list(zip(CASES, found, strict=True)) == [(case, case[3]) for case in CASES]
