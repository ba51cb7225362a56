"""Times that somebody types for a snooze: the console's own code in node."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from tests.package.test_frontend_rooms import FRONTEND
from tests.support.node import evaluate

FOLDER: Final = FRONTEND / "console" / "features" / "conversations"
CODE: Final = f"""
    const {{ typedTime }} = await import({json.dumps((FOLDER / "typedTime.ts").as_uri())});
    const {{ en }} = await import({json.dumps((FOLDER / "strings.en.ts").as_uri())});
    let told = "";
    for await (const part of process.stdin) told += part;
    const two = (number) => String(number).padStart(2, "0");
    console.log(JSON.stringify(JSON.parse(told).map(([now, typed]) => {{
      const at = typedTime(typed, new Date(now), en.timeWords);
      return at && `${{at.getFullYear()}}-${{two(at.getMonth() + 1)}}-${{two(at.getDate())}} `
        + `${{two(at.getHours())}}:${{two(at.getMinutes())}}`;
    }})));
"""
#: A Wednesday, in the time zone of Vienna.
WEDNESDAY: Final = "2026-10-21T10:30:00"
FRIDAY: Final = "2026-10-23T10:30:00"
#: The day before the clocks are set back.
SATURDAY: Final = "2026-10-24T12:00:00"

TIMES: Final[list[tuple[str, str, str | None]]] = [
    # Spans.
    (WEDNESDAY, "in 3 hours", "2026-10-21 13:30"),
    (WEDNESDAY, "3h", "2026-10-21 13:30"),
    (WEDNESDAY, " IN 90 Min ", "2026-10-21 12:00"),
    (WEDNESDAY, "in an hour", "2026-10-21 11:30"),
    (WEDNESDAY, "2 days", "2026-10-23 10:30"),
    (WEDNESDAY, "in a week", "2026-10-28 10:30"),
    # A day is a day by the calendar, an hour an hour by the watch.
    (SATURDAY, "1 day", "2026-10-25 12:00"),
    (SATURDAY, "24 hours", "2026-10-25 11:00"),
    # Days.
    (WEDNESDAY, "tomorrow", "2026-10-22 09:00"),
    (WEDNESDAY, "tomorrow 14:00", "2026-10-22 14:00"),
    (WEDNESDAY, "tomorrow at 2pm", "2026-10-22 14:00"),
    (WEDNESDAY, "today 18.15", "2026-10-21 18:15"),
    (WEDNESDAY, "next week", "2026-10-26 09:00"),
    (WEDNESDAY, "next week 8:00", "2026-10-26 08:00"),
    (WEDNESDAY, "fri 14:00", "2026-10-23 14:00"),
    (WEDNESDAY, "Friday, 2:30 pm", "2026-10-23 14:30"),
    (WEDNESDAY, "mon", "2026-10-26 09:00"),
    (FRIDAY, "fri 14:00", "2026-10-23 14:00"),
    (FRIDAY, "fri 10:30", "2026-10-30 10:30"),
    (FRIDAY, "fri", "2026-10-30 09:00"),
    (WEDNESDAY, "24 dec 9am", "2026-12-24 09:00"),
    (WEDNESDAY, "dec 24", "2026-12-24 09:00"),
    (WEDNESDAY, "3 march", "2027-03-03 09:00"),
    (WEDNESDAY, "2030-01-31 8:30", "2030-01-31 08:30"),
    (WEDNESDAY, "29 feb", None),
    # Hours: the next time that it is so late.
    (WEDNESDAY, "18:00", "2026-10-21 18:00"),
    (WEDNESDAY, "9", "2026-10-22 09:00"),
    (WEDNESDAY, "at 12 am", "2026-10-22 00:00"),
    (WEDNESDAY, "12pm", "2026-10-21 12:00"),
    # What has passed is said to have passed.
    (WEDNESDAY, "today 9:00", "2026-10-21 09:00"),
    (WEDNESDAY, "2001-01-31", "2001-01-31 09:00"),
    # What is no time.
    *(
        (WEDNESDAY, typed, None)
        for typed in ("", "  ", "in", "in 3", "3 parrots", "0 days", "fri fri")
    ),
    *((WEDNESDAY, typed, None) for typed in ("25:00", "9:60", "13pm", "0am", "in 3 hours or so")),
    *((WEDNESDAY, typed, None) for typed in ("31 june", "2026-02-30", "9999 weeks", "9999-01-01")),
    *(
        (WEDNESDAY, typed, None)
        for typed in ("tomorrow in 3 hours", "next", "-3 hours", "3.5 hours")
    ),
]


@pytest.fixture(scope="module")
def answers() -> list[Any]:
    return evaluate(CODE, [(now, typed) for now, typed, _ in TIMES], TZ="Europe/Vienna")


def test_a_typed_time_is_the_one_that_is_meant(answers: list[Any]) -> None:
    assert list(zip([typed for _, typed, _ in TIMES], answers, strict=True)) == [
        (typed, at) for _, typed, at in TIMES
    ]
