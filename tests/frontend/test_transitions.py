"""What the console offers is what the server lets happen."""

from __future__ import annotations

import json
from typing import Final

from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.transitions import TRANSITIONS
from tests.package.test_frontend_rooms import FRONTEND
from tests.support.node import evaluate

MODULE: Final = FRONTEND / "console" / "features" / "conversations" / "transitions.ts"
CODE: Final = f"""
    const {{ mayFollow }} = await import({json.dumps(MODULE.as_uri())});
    let told = "";
    for await (const part of process.stdin) told += part;
    const asked = JSON.parse(told);
    console.log(JSON.stringify(asked.map(([status, present]) => mayFollow(status, present))));
"""


def test_each_status_is_offered_where_it_may_follow() -> None:
    asked = [(status.value, present.value) for status in Status for present in Status]
    assert dict(zip(asked, evaluate(CODE, asked), strict=True)) == {
        (status.value, present.value): status is present or status in TRANSITIONS[None][present]
        for status in Status
        for present in Status
    }
