"""When a job that failed is tried again."""

from __future__ import annotations

import random

from msgspec import Struct

from campfire_chat.core.clock import SECOND


class Retry(Struct, frozen=True):
    """Exponential backoff with full jitter.

    After failure number n a job waits a random time between 0 and
    ``min(longest, first * 2 ** (n - 1))`` seconds; see
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.

    Attributes:
        attempts: How often a job is tried in all; after the last failure it is parked.
        first: Seconds: the longest wait after the first failure.
        longest: Seconds: the longest wait after any failure.
    """

    attempts: int = 10
    first: float = 1.0
    longest: float = 3600.0

    def ceiling(self, failures: int) -> float:
        """Seconds: the longest wait after so many failures, of which there is at least one."""
        # Beyond 2^40 the product is above every `longest`, and a float would overflow later.
        return min(self.longest, self.first * 2.0 ** min(failures - 1, 40))

    def delay(self, failures: int) -> int | None:
        """Microseconds until the next attempt; None when there is none."""
        if failures >= self.attempts:
            return None
        return int(random.uniform(0, self.ceiling(failures)) * SECOND)  # noqa: S311
