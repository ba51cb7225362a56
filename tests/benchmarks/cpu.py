"""What processes have used of the processor."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def busy_seconds() -> float:
    """Seconds of CPU that the whole machine has used, all cores together."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()
    # user, nice, system, idle, iowait, irq, softirq: see proc_stat(5).
    used = [int(fields[number]) for number in (1, 2, 3, 6, 7)]
    return sum(used) / _TICKS


def cpu_seconds(pids: Iterable[int]) -> float:
    """Seconds of CPU that the processes have used, all their threads together."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS
