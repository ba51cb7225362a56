"""The numbers of documents, by which the newest come first."""

from __future__ import annotations

import hashlib
from typing import Final

#: Numbers for what happened in one microsecond. With these, numbers last until the year 2262.
PER_MICROSECOND: Final = 1_000
#: Greater than every number.
END: Final = 2**63 - 1


def first_number(at: int) -> int:
    """The first number of what happened at a time.

    Args:
        at: Microseconds since 1970. What lies beyond the last number has the greatest.
    """
    return min(at, END // PER_MICROSECOND - 1) * PER_MICROSECOND


def round_between(low: int, high: int) -> int:
    """The number above ``low`` and below ``high`` that is divided by the greatest power of two.

    It says as little of both as a place between them can. ``high - low`` is at least 2. From the
    second of two such steps on, each passes at least half of what lies between.
    """
    places = ((high - 1) ^ low).bit_length() - 1
    return (high - 1) >> places << places


def number(document_id: str, at: int, attempt: int) -> int:
    """A number for a new document, which may be taken.

    It is one of its microsecond, and after that one of a span that grows with each attempt: an
    import may give a million messages the same time.

    Args:
        at: In microseconds since 1970.
        attempt: 0 for the first.
    """
    drawn = hashlib.blake2b(f"{attempt}:{document_id}".encode(), digest_size=8).digest()
    span = PER_MICROSECOND * 8 ** min(attempt, 10)
    return min(first_number(at) + int.from_bytes(drawn) % span, END - 1)
