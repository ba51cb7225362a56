"""The line that the soak is judged by."""

from __future__ import annotations

import random

import pytest

from tests.faults.trend import trend

MEBIBYTE = 1024 * 1024.0


def noise(chance: random.Random, memory: float = 0.8) -> list[float]:
    """Noise of which each sample remembers the one before."""
    value, values = 0.0, []
    for _ in range(200):
        value = memory * value + chance.gauss(0, 100_000)
        values.append(value)
    return values


def test_a_line_is_found() -> None:
    found = trend([(t, 50 * MEBIBYTE + 1000.0 * t) for t in range(60)])
    assert found.slope == pytest.approx(1000)
    assert found.margin == pytest.approx(0, abs=1e-6)
    assert found.per_hour == pytest.approx(100 * 3_600_000 / found.mean)


def test_a_leak_is_told_from_noise() -> None:
    chance = random.Random(1)
    surely, falsely = 0, 0
    for _ in range(100):
        flat = trend([(t, 60 * MEBIBYTE + v) for t, v in enumerate(noise(chance))])
        leak = trend([(t, 60 * MEBIBYTE + v + 10_000 * t) for t, v in enumerate(noise(chance))])
        falsely += flat.slope - flat.margin > 0
        surely += leak.slope - leak.margin > 0
    assert surely >= 95
    assert falsely <= 10


def test_too_few() -> None:
    with pytest.raises(ValueError, match="five"):
        trend([(0, 1.0), (1, 2.0)])
