"""Receipts: how far each participant has received and read a conversation."""

from __future__ import annotations

from msgspec import Struct


class Mark(Struct, frozen=True):
    """Seqs of ``conversation:<id>``.

    Attributes:
        delivered: Everything up to here has reached one of the participant's devices.
        read: Everything up to here was on their screen.
        read_count: How many messages of the other side lie at or before ``read``, so that
            unread = count of all − ``read_count`` needs no counting.
    """

    delivered: int = 0
    read: int = 0
    read_count: int = 0


def advance(mark: Mark, *, delivered: int | None, read: int | None, head: int) -> Mark:
    """Advance ``mark``, never back and never past ``head``. What was read counts as delivered.

    The caller has to set ``read_count``.
    """
    new_read = max(mark.read, min(read or 0, head))
    new_delivered = max(mark.delivered, new_read, min(delivered or 0, head))
    return Mark(delivered=new_delivered, read=new_read, read_count=mark.read_count)
