"""Where a server's time goes: by thread, by package and by function."""

from __future__ import annotations

import os
import pstats
import shutil
import tempfile
from collections import Counter
from pathlib import Path

_KEPT = Path(tempfile.gettempdir()) / f"campfire-profile-{os.getpid()}"


def keep(profile: Path) -> None:
    """Save a profile from the folder that is about to be removed."""
    shutil.copyfile(profile, _KEPT)


def threads_of(pid: int) -> dict[str, float]:
    """Seconds of CPU of each thread of a process; empty where the system does not tell."""
    found: dict[str, float] = {}
    ticks = os.sysconf("SC_CLK_TCK")
    for task in sorted(Path(f"/proc/{pid}/task").glob("*")):
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        seconds = (int(fields[11]) + int(fields[12])) / ticks
        name = "event loop" if task.name == str(pid) else f"database thread {task.name}"
        found[name] = seconds
    return found


def report(profile: Path | None, threads: dict[str, float], rows: int = 30) -> None:
    """Print the profile; it shows the thread of the event loop, the rest waits for SQLite."""
    assert profile is not None
    print("CPU by thread, seconds:")
    for name, seconds in sorted(threads.items(), key=lambda item: -item[1]):
        if seconds > 0.05:
            print(f"  {seconds:6.2f}  {name}")
    stats = pstats.Stats(str(_KEPT))
    by_package: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, _) in stats.stats.items():  # type: ignore[attr-defined]
        by_package[_package(file, name)] += own
    total = sum(by_package.values())
    print("\nown time by package:")
    for package, own in by_package.most_common(16):
        print(f"  {own:6.2f} s  {own / total:5.1%}  {package}")
    print(f"\nown time by function, the first {rows}:")
    stats.sort_stats("tottime").print_stats(rows)
    _KEPT.unlink()


def _package(file: str, name: str) -> str:
    if file == "~":
        return f"built-in {name.strip('<>')}"[:60]
    parts = Path(file).parts
    if "campfire_chat" in parts:
        return "campfire_chat/" + "/".join(parts[parts.index("campfire_chat") + 1 :])
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1]
    return Path(file).stem
