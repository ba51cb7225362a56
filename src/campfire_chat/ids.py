"""Identifiers: typed by a prefix, sortable by time, impossible to guess.

The body is a ULID (https://github.com/ulid/spec): 48 bits of milliseconds and 80 random bits,
26 characters of Crockford's base 32 in lower case.
"""

from __future__ import annotations

import hashlib
import secrets
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


def new(prefix: str) -> str:
    """A fresh id such as ``msg_01jd…``."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
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
