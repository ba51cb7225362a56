"""Jobs that come again and again."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.core.clock import SECOND
from campfire_chat.jobs.deferral import defer
from campfire_chat.ledger.write_batch import WriteBatch


class Schedule(Struct, frozen=True):
    """A job for every slot of time, made once over all processes.

    Slots begin at multiples of ``every`` since 1970, so all processes agree on them. After a
    downtime there is one job for the present slot and none for those that were missed.

    Attributes:
        name: Names it in the database.
        every: Seconds from the beginning of a slot to that of the next.
        kind: The kind of the job; it has no arguments.
    """

    name: str
    every: int
    kind: str

    def slot(self, now: int) -> int:
        """When the slot of a moment began; both in microseconds since 1970."""
        return now - now % (self.every * SECOND)

    def next_slot(self, now: int) -> int:
        return self.slot(now) + self.every * SECOND

    def defer(self, batch: WriteBatch, organization: str, slot: int) -> None:
        """Add the job of a slot. One that was not begun by the next slot is not doubled."""
        defer(batch, organization, self.kind, "{}", slot, f"schedule {self.name}")
