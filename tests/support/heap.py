"""What a process has in use of the memory that it holds.

What it holds of the system is never less than it was at a peak, and pieces that are in use keep
whole arenas; what is in use tells a leak from that.
"""

from __future__ import annotations

import ctypes
import gc
import sys

from msgspec import Struct


class Heap(Struct, frozen=True):
    """
    Attributes:
        blocks: Python's small blocks, after a collection.
        malloc: Bytes of the C library's malloc, which Python's large blocks come from, and
            SQLite's; 0 where it does not tell.
        sqlite: Bytes of those that are SQLite's, with its page caches; 0 where it does not tell.
    """

    blocks: int
    malloc: int
    sqlite: int


class _Mallinfo(ctypes.Structure):
    """``struct mallinfo2``: glibc 2.33 and later, over all of its arenas."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


def heap() -> Heap:
    gc.collect()
    return Heap(blocks=sys.getallocatedblocks(), malloc=_malloc(), sqlite=_sqlite())


def _malloc() -> int:
    try:
        mallinfo = ctypes.CDLL(None).mallinfo2
    except AttributeError:
        return 0
    mallinfo.restype = _Mallinfo
    found = mallinfo()
    return found.uordblks + found.hblkhd


def _sqlite() -> int:
    import _sqlite3

    try:
        # The library that Python's module is linked to, whichever that is.
        used = ctypes.CDLL(_sqlite3.__file__).sqlite3_memory_used
    except (AttributeError, OSError):
        return 0
    used.restype = ctypes.c_int64
    return used()
