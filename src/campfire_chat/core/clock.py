"""Times are integers: microseconds since 1970, UTC.

Integers are exact, and behave in the same way on every database. :func:`rfc3339` converts them
to text for clients.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

#: Microseconds in one second.
SECOND = 1_000_000


class Clock(Protocol):
    """A function that returns the time in microseconds since 1970, UTC. It may jump: the order of
    messages does not depend on it."""

    def __call__(self) -> int: ...


def now() -> int:
    """The wall clock, in microseconds since the epoch."""
    return time.time_ns() // 1000


def rfc3339(at: int) -> str:
    """``at`` microseconds as RFC 3339 UTC with exactly six digits, so that text sorts as time."""
    seconds, micros = divmod(at, SECOND)
    return f"{_second(seconds)}.{micros:06d}Z"


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    # Cached, because the messages of a batch fall into few different seconds.
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def rfc3339_or_none(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)


def parse_rfc3339(text: str) -> int:
    """Microseconds since the epoch of an RFC 3339 time.

    Raises:
        ValueError: ``text`` is not such a time or names no offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs an offset, such as Z")
    # Integer arithmetic: a float of seconds cannot hold microseconds exactly.
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds
