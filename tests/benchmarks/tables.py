"""What the benchmarks print: Markdown, and what goes on meanwhile."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def log(line: str) -> None:
    """Say what goes on, beside the report."""
    print(line, file=sys.stderr, flush=True)


def fsync_time() -> float:
    """Milliseconds one small durable write takes here."""
    with tempfile.TemporaryDirectory(prefix="campfire-benchmark-") as folder:
        descriptor = os.open(Path(folder) / "probe", os.O_CREAT | os.O_WRONLY)
        took: list[float] = []
        for _ in range(50):
            os.write(descriptor, b"x" * 4096)
            began = time.perf_counter()
            os.fsync(descriptor)
            took.append(time.perf_counter() - began)
        os.close(descriptor)
    return 1000 * statistics.median(took)
