"""The conversations of ``history.toml``, as the moments at which something happened."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

_FILE = Path(__file__).parent / "history.toml"

Agent = Literal["ada", "grace"]


class Past(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One conversation; see the head of the file for its fields."""

    thread: list[tuple[str, int, str]]
    status: Literal["open", "pending", "snoozed", "resolved"]
    customer: str | None = None
    days: int = 0
    time: str | None = None
    minutes_ago: int = 0
    snooze_days: int | None = None
    assignee: Agent | None = None
    priority: Literal["low", "medium", "high", "urgent"] | None = None
    tags: list[str] = []
    read: bool = True


class _File(msgspec.Struct, frozen=True):
    conversations: list[Past]


class Line(msgspec.Struct, frozen=True):
    """Somebody wrote. ``first`` opens the conversation, ``last`` is its newest line.

    Attributes:
        who: ``visitor`` or an agent's user name.
        internal: A private note.
    """

    at: datetime
    index: int
    number: int
    who: str
    internal: bool
    text: str
    first: bool
    last: bool


def load() -> list[Past]:
    """Every conversation, in the order of the file."""
    return msgspec.convert(tomllib.loads(_FILE.read_text("utf-8")), _File).conversations


def lines(past: list[Past], now: datetime) -> list[Line]:
    """Every line of every conversation in the order in which they were written."""
    found = [line for index, item in enumerate(past) for line in _lines(index, item, now)]
    return sorted(found, key=lambda line: line.at)


def _lines(index: int, past: Past, now: datetime) -> Iterator[Line]:
    at = _start(past, now)
    for number, (who, minutes, text) in enumerate(past.thread):
        # Nothing of the past may lie in the future, whatever the time of day is now.
        at = min(
            at + timedelta(minutes=minutes), now - timedelta(seconds=len(past.thread) - number)
        )
        prefix, _, agent = who.rpartition(":")
        yield Line(
            at=at,
            index=index,
            number=number,
            who=agent,
            internal=prefix == "note",
            text=text,
            first=number == 0,
            last=number == len(past.thread) - 1,
        )


def _start(past: Past, now: datetime) -> datetime:
    if past.time is None:
        return now - timedelta(minutes=past.minutes_ago)
    day = (now - timedelta(days=past.days)).date()
    return datetime.combine(day, datetime.strptime(past.time, "%H:%M").time(), UTC)
