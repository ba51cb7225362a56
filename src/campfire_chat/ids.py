"""Identifiers: typed by a prefix, sortable by time, impossible to guess.

The body is a ULID (https://github.com/ulid/spec): 48 bits of milliseconds and 80 random bits,
26 characters of Crockford's base 32 in lower case.
"""

from __future__ import annotations

import hashlib
import os
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

CONVERSATION = "conv"
MESSAGE = "msg"
VISITOR = "vis"
SESSION = "ses"
NODE = "node"


#: Two digits at a time.
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]


def _base32(number: int) -> str:
    """26 digits; enough for 130 bits."""
    pairs: list[str] = []
    for _ in range(13):
        pairs.append(_PAIRS[number & 1023])
        number >>= 10
    pairs.reverse()
    return "".join(pairs)


#: Random numbers of 80 bits that nobody has been given yet. They are drawn in portions, since
#: asking the operating system costs a call of it; taking one from a list is safe among threads.
_random: list[int] = []
_PORTION = 512

if hasattr(os, "register_at_fork"):
    # Two processes must not give out the same ones after a fork.
    os.register_at_fork(after_in_child=_random.clear)


def _random_bits() -> int:
    while True:
        try:
            return _random.pop()
        except IndexError:
            drawn = os.urandom(10 * _PORTION)
            _random.extend(int.from_bytes(drawn[at : at + 10]) for at in range(0, len(drawn), 10))


def new(prefix: str) -> str:
    """A fresh id such as ``msg_01jd…``."""
    number = (time.time_ns() // 1_000_000) << 80 | _random_bits()
    return f"{prefix}_{_base32(number)}"


def visitor_of(organization: str, external_id: str) -> str:
    """The visitor id of one of the host's users.

    Derived, so that no row has to exist before the first message and every process agrees
    without asking. It names a person and opens nothing: access needs the session or a token.
    """
    digest = hashlib.blake2b(
        f"{len(organization)}:{organization}{external_id}".encode(),
        digest_size=16,
        person=b"campfire-visitor",
    ).digest()
    return f"{VISITOR}_{_base32(int.from_bytes(digest))}"
