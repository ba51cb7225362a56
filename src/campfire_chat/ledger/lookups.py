"""What operations need beside their aggregates, so that many of them can be read at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from msgspec import Struct

from campfire_chat.database.prepared import Row
from campfire_chat.database.statement import Query

V = TypeVar("V")


class Lookup(Struct, Generic[V], frozen=True, eq=False):
    """Records of an organisation that are found by a key, for one transaction.

    They are searched for before anything is locked. If another process stores one meanwhile, a
    unique index has to make the commit fail; the next attempt then finds it.

    Attributes:
        query: Takes ``org_id`` and ``keys``.
        read: The key and the record of a row.
    """

    query: Query
    read: Callable[[Row], tuple[str, V]]


class Related(Struct, Generic[V], frozen=True, eq=False):
    """Records that belong to aggregates, and stay in memory with them.

    All of an aggregate's are read at once. So one that is not there does not exist.

    Attributes:
        query: Takes ``org_id`` and the ``ids`` of aggregates.
        read: The aggregate's id, the key within the aggregate, and the record of a row.
    """

    query: Query
    read: Callable[[Row], tuple[str, Hashable, V]]
