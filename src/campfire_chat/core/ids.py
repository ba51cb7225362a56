"""Ids with a prefix for their type. They sort by time and cannot be guessed.

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
AGENT = "agt"
SESSION = "ses"
NODE = "node"
JOB = "job"
API_KEY = "key"


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


#: Unused random numbers of 80 bits. They are read in larger portions, because each read is a
#: system call. Taking one from a list is safe between threads.
_random: list[int] = []
_PORTION = 512

if hasattr(os, "register_at_fork"):
    # After a fork, two processes must not use the same numbers.
    os.register_at_fork(after_in_child=_random.clear)


def _random_bits() -> int:
    while True:
        try:
            return _random.pop()
        except IndexError:
            drawn = os.urandom(10 * _PORTION)
            _random.extend(int.from_bytes(drawn[at : at + 10]) for at in range(0, len(drawn), 10))


def new(prefix: str) -> str:
    """A new id such as ``msg_01jd…``."""
    number = (time.time_ns() // 1_000_000) << 80 | _random_bits()
    return f"{prefix}_{_base32(number)}"


def agent_of(key: bytes, organization: str, external_id: str) -> str:
    """The agent id of one of the host's users, as everybody else may know it.

    Visitors see who answers them, and the host's own id may be a sequence number, a login or an
    address. With a key that only the database holds, nobody can find the id by trying.

    Args:
        key: The installation's, 16 to 64 bytes.
    """
    digest = hashlib.blake2b(
        f"{len(organization)}:{organization}{external_id}".encode(),
        digest_size=16,
        key=key,
        person=b"campfire-agent",
    ).digest()
    return f"{AGENT}_{_base32(int.from_bytes(digest))}"


def visitor_of(organization: str, external_id: str) -> str:
    """The visitor id of a user of the host app.

    It is derived from the host app's id. So every process gets the same id, and no row is needed
    before the first message. The id alone gives no access: that needs the session or a token.
    """
    digest = hashlib.blake2b(
        f"{len(organization)}:{organization}{external_id}".encode(),
        digest_size=16,
        person=b"campfire-visitor",
    ).digest()
    return f"{VISITOR}_{_base32(int.from_bytes(digest))}"
