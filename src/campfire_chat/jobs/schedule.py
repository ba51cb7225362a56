"""Jobs that come again and again."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.clock import SECOND
from campfire_chat.storage.draft import Deferral


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

    def deferral(self, organization: str, slot: int) -> Deferral:
        """The job of a slot. One that has not been begun by the next slot is not doubled."""
        return Deferral(organization, self.kind, "{}", slot, f"schedule {self.name}")
