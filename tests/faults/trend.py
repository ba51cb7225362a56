"""Whether a series of samples grows, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

#: Standard errors on either side of a 95 % interval.
Z95 = 1.96


class Trend(Struct, frozen=True):
    """A straight line through samples over time.

    Attributes:
        mean: Of the samples.
        slope: Per second.
        margin: Half of the slope's 95 % interval.
    """

    mean: float
    slope: float
    margin: float

    @property
    def per_hour(self) -> float:
        """The slope in percent of the mean per hour."""
        return 360_000 * self.slope / self.mean

    @property
    def margin_per_hour(self) -> float:
        return 360_000 * self.margin / self.mean


def trend(samples: Sequence[tuple[float, float]]) -> Trend:
    """The line of least squares through ``(seconds, value)``.

    Samples of a process's memory depend on the ones before them, so there are fewer independent
    ones than there are: with r the correlation of neighbouring residuals, n (1 − r) / (1 + r) of n
    (Bayley and Hammersley 1946, for a process of first order).

    Raises:
        ValueError: There are fewer than five.
    """
    n = len(samples)
    if n < 5:
        raise ValueError("a trend needs five samples")
    at = sum(time for time, _ in samples) / n
    mean = sum(value for _, value in samples) / n
    spread = sum((time - at) ** 2 for time, _ in samples)
    slope = sum((time - at) * (value - mean) for time, value in samples) / spread
    rest = [value - mean - slope * (time - at) for time, value in samples]
    squares = sum(each**2 for each in rest)
    if squares == 0:
        return Trend(mean, slope, 0.0)
    neighbours = sum(a * b for a, b in pairwise(rest))
    r = min(0.99, max(0.0, neighbours / squares))
    margin = Z95 * math.sqrt(squares / (n - 2) / spread * (1 + r) / (1 - r))
    return Trend(mean, slope, margin)
