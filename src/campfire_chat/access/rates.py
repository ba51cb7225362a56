"""Rates as token buckets, and caps on how many there may be at the same time.

A full bucket holds ``burst`` tokens, and gains ``per_second`` tokens a second. It is stored as
one number: the time at which it will be full again. This is the virtual scheduling form of the
Generic Cell Rate Algorithm (ITU-T I.371, annex A). It decides exactly as a counter of tokens
would. Times are whole nanoseconds of a monotonic clock, so nothing is lost to rounding.
"""

from __future__ import annotations

import math

from campfire_chat.settings import Rate

SECOND = 1_000_000_000

#: An organisation and a caller or address in it. What belongs to no organisation, such as an
#: address, uses that of the installation.
Key = tuple[str, str]

#: Nanoseconds that a bucket may be below empty because of what other processes admitted. With an
#: exchange every second, this lets ten processes keep the rate exactly. It also bounds how long a
#: caller can be locked out, whatever other processes report.
DEBT = 10 * SECOND
#: Nanoseconds that a bucket of bytes may be below empty. Thousands of sockets of one address may
#: each have a large frame that waits. The frames have to wait one after the other.
DEBT_OF_BYTES = 600 * SECOND
#: Buckets that one limiter keeps. Full buckets are dropped, because a new bucket is full too. Other
#: buckets are dropped only above this number, the oldest first.
MAX_BUCKETS = 100_000
#: Up to this number, no search for full buckets is made. After a search the number may double
#: before the next one, so the cost of searching per new bucket is constant.
FEW_BUCKETS = 100


class Bucket:
    """The bucket of one key.

    Attributes:
        full_at: When it will be full again.
        used: How many tokens were taken in all.
        base: How many of them were taken before the bucket became hot.
    """

    __slots__ = ("base", "full_at", "looked_at", "next_look", "used")

    def __init__(self, now: int, half: int) -> None:
        self.full_at = now
        self.used = 0
        self.base = 0
        # After each half burst: was it used faster than it refills?
        self.looked_at = now
        self.next_look = half


class Limiter:
    """The buckets of one rate, by key.

    A full bucket admits ``burst`` at once, and at most ``burst + per_second * time`` over any
    time. When the clock jumps back, a bucket is empty at worst. When it jumps ahead, a bucket is
    full at best.

    Args:
        rate: None admits everything.
        times: The rate and the burst are multiplied by this.
        debt: Nanoseconds by which :meth:`delay` may bring a bucket below empty.

    Attributes:
        hot: Buckets of which half a burst is used in less time than a burst takes to refill, here
            or in another process. The other processes have to know about these.
    """

    def __init__(self, rate: Rate | None, *, times: int = 1, debt: int = DEBT) -> None:
        # Rounded up, so that the rate is never exceeded.
        self._interval = 0 if rate is None else math.ceil(SECOND / (times * rate.per_second))
        self._burst = 0 if rate is None else times * rate.burst
        self._span = self._burst * self._interval
        self._debt = debt
        self._deepest = self._span + debt
        self._half = max(1, self._burst // 2)
        self._buckets: dict[Key, Bucket] = {}
        self._pruned_at = 0
        self._prune_beyond = min(FEW_BUCKETS, MAX_BUCKETS)
        self.hot: dict[Key, Bucket] = {}

    def take(self, key: Key, now: int, count: int = 1) -> int:
        """Take tokens.

        Args:
            now: A monotonic clock, in nanoseconds.
            count: How many. More than the burst count as the burst.

        Returns:
            0 if they were taken; otherwise the nanoseconds until there are enough.
        """
        interval = self._interval
        if not interval:
            return 0
        if count > self._burst:
            count = self._burst
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._new(key, now)
        # Written out here and in :meth:`delay`: they run for every frame.
        full_at = bucket.full_at
        if full_at < now:
            full_at = now
        elif full_at - now > self._deepest:
            # No bucket can be that far below empty, so the clock was set back.
            bucket.full_at = full_at = now + self._span
        full_at += count * interval
        wait = full_at - now - self._span
        if wait > 0:
            return wait
        bucket.full_at = full_at
        bucket.used += count
        if bucket.used >= bucket.next_look:
            self._look(key, bucket, now)
        return 0

    def delay(self, key: Key, now: int, count: int = 1) -> int:
        """Take tokens in any case, and return the nanoseconds that the caller has to wait.

        The bucket goes below empty, down to :data:`DEBT`.
        """
        interval = self._interval
        if not interval:
            return 0
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._new(key, now)
        full_at = bucket.full_at
        if full_at < now:
            full_at = now
        elif full_at - now > self._deepest:
            full_at = now + self._span
        full_at += count * interval
        wait = full_at - now - self._span
        if wait > self._debt:
            wait = self._debt
            full_at = now + self._deepest
        bucket.full_at = full_at
        bucket.used += count
        if bucket.used >= bucket.next_look:
            self._look(key, bucket, now)
        return wait if wait > 0 else 0

    def wait(self, key: Key, now: int) -> int:
        """What :meth:`take` would return, without taking a token."""
        bucket = self._buckets.get(key)
        if bucket is None:
            return 0
        ahead = bucket.full_at - now
        if ahead > self._deepest:
            ahead = self._span
        ahead = max(ahead, 0)
        return max(0, ahead + self._interval - self._span)

    def heard(self, key: Key, count: int, now: int) -> None:
        """Charge what another process admitted, and mark the key so that it learns of ours too."""
        self.charge(key, count, now)
        bucket = self._buckets.get(key)
        if bucket is None:
            return
        if key not in self.hot:
            recent = 0 <= now - bucket.looked_at < self._span
            bucket.base = bucket.next_look - self._half if recent else bucket.used
            self.hot[key] = bucket
        bucket.looked_at = now
        bucket.next_look = bucket.used + self._half

    def charge(self, key: Key, count: int, now: int) -> None:
        """Take tokens for what was admitted already, down to :data:`DEBT` below empty."""
        if not self._interval:
            return
        bucket = self._buckets.get(key) or self._new(key, now)
        full_at = max(bucket.full_at, now)
        deepest = max(full_at, now + self._span + DEBT)
        bucket.full_at = min(full_at + count * self._interval, deepest, now + self._deepest)

    def cool(self, now: int) -> list[Key]:
        """Remove buckets that are no longer hot from :attr:`hot`, and return their keys.

        A bucket that refuses counts no use, however fast its caller asks. So a bucket below empty
        stays hot until it has a token again, and for the time of a burst after that.
        """
        gone = [key for key, bucket in self.hot.items() if not self._is_hot(bucket, now)]
        for key in gone:
            del self.hot[key]
        return gone

    def _is_hot(self, bucket: Bucket, now: int) -> bool:
        empty_until = min(now, bucket.full_at - self._span)
        return 0 <= now - max(bucket.looked_at, empty_until) < self._span

    def prune(self, now: int) -> None:
        """Drop full buckets. A new one would be the same."""
        self._pruned_at = now
        self._buckets = {
            key: bucket
            for key, bucket in self._buckets.items()
            if now < bucket.full_at or key in self.hot
        }
        self._prune_beyond = min(MAX_BUCKETS, max(FEW_BUCKETS, 2 * len(self._buckets)))

    def _new(self, key: Key, now: int) -> Bucket:
        if len(self._buckets) >= self._prune_beyond and now - self._pruned_at > SECOND:
            self.prune(now)
        if len(self._buckets) >= MAX_BUCKETS:
            oldest = next(iter(self._buckets))
            del self._buckets[oldest]
            self.hot.pop(oldest, None)
        bucket = self._buckets[key] = Bucket(now, self._half)
        return bucket

    def _look(self, key: Key, bucket: Bucket, now: int) -> None:
        if 0 <= now - bucket.looked_at < self._span and key not in self.hot:
            bucket.base = bucket.used - self._half
            self.hot[key] = bucket
        bucket.looked_at = now
        bucket.next_look = bucket.used + self._half


class Cap:
    """A limit on how many there may be at the same time, for each key.

    Args:
        most: None admits everything.
    """

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._count: dict[Key, int] = {}

    def __getitem__(self, key: Key) -> int:
        return self._count.get(key, 0)

    def has_room(self, key: Key, *, reserve: bool = False) -> bool:
        """Whether one more is admitted. With ``reserve`` the cap is 10 % higher, for agents."""
        if self._most is None:
            return True
        return self[key] < self._most + (self._most // 10 if reserve else 0)

    def try_enter(self, key: Key) -> bool:
        """:meth:`enter`, if there is room; whether there was."""
        count = self._count.get(key, 0)
        if self._most is not None and count >= self._most:
            return False
        self._count[key] = count + 1
        return True

    def enter(self, key: Key) -> None:
        self._count[key] = self[key] + 1

    def leave(self, key: Key) -> None:
        count = self._count
        left = count[key] - 1
        if left:
            count[key] = left
        else:
            del count[key]
