"""The records of streams that go over the wire."""

from __future__ import annotations

from msgspec import Struct


class StreamHead(Struct, frozen=True, kw_only=True):
    stream: str
    head: int
