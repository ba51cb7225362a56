"""Where a server's time goes: by thread, by package and by function."""

from __future__ import annotations

import io
import os
import pstats
import tempfile
from collections import Counter
from pathlib import Path

from tests.benchmarks import idle, idle_load, load, messages
from tests.benchmarks.contenders import campfire
from tests.benchmarks.generator import generate, generator
from tests.benchmarks.servers import Backends

#: Functions that are shown.
ROWS = 30


def talking(name: str, backends: Backends, size: messages.Size) -> str:
    """The profile of one of our servers under the load of ``messages``, as text."""
    with tempfile.TemporaryDirectory(prefix="campfire-benchmark-") as folder:
        file = Path(folder) / "profile"
        engine, *rest = name.removeprefix("campfire-").split("-")
        processes = int(rest[0]) if rest else 1
        pairs = size.pairs[0]
        with campfire(
            backends, engine, pairs, processes=processes, across="whole" not in rest, profile=file
        ) as running:
            plan = load.Plan(
                "campfire", running.pairs, running.servers.pids, size.warm_up, size.seconds
            )
            result = generate("load", plan, load.Result)
            threads = threads_of(running.servers.pids[0])
        return f"under the profiler: {result.rate:,.0f} messages/s\n\n{_text(file, threads)}"


def connecting(name: str, backends: Backends, size: idle.Size) -> str:
    """The profile of one of our servers while the sockets of ``idle`` connect, as text."""
    idle.raise_limit(2 * size.pairs + 500)
    engine = name.removeprefix("campfire-")
    with tempfile.TemporaryDirectory(prefix="campfire-benchmark-") as folder:
        file = Path(folder) / "profile"
        with campfire(
            backends, engine, size.pairs, tabs=idle.TABS, back=True, profile=file
        ) as running:
            plan = idle_load.Plan("campfire", running.pairs, 0.0, size.seconds)
            with generator("idle_load", plan) as crowd:
                before = threads_of(running.servers.pids[0])
                crowd.step()
                connected = crowd.answer(idle_load.Connected)
                after = threads_of(running.servers.pids[0])
                crowd.step()
            threads = {thread: seconds - before.get(thread, 0) for thread, seconds in after.items()}
        return f"under the profiler: {connected.rate:,.0f} connects/s\n\n{_text(file, threads)}"


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


def _text(profile: Path, threads: dict[str, float]) -> str:
    """The profile shows the thread of the event loop; the rest waits for SQLite."""
    output = io.StringIO()
    output.write("CPU by thread, seconds:\n")
    for name, seconds in sorted(threads.items(), key=lambda item: -item[1]):
        if seconds > 0.05:
            output.write(f"  {seconds:6.2f}  {name}\n")
    stats = pstats.Stats(str(profile), stream=output)
    by_package: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, _) in stats.stats.items():  # type: ignore[attr-defined]
        by_package[_package(file, name)] += own
    total = sum(by_package.values())
    output.write("\nown time by package:\n")
    for package, own in by_package.most_common(16):
        output.write(f"  {own:6.2f} s  {own / total:5.1%}  {package}\n")
    output.write(f"\nown time by function, the first {ROWS}:\n")
    stats.sort_stats("tottime").print_stats(ROWS)
    return output.getvalue()


def _package(file: str, name: str) -> str:
    if file == "~":
        return f"built-in {name.strip('<>')}"[:60]
    parts = Path(file).parts
    if "campfire_chat" in parts:
        return "campfire_chat/" + "/".join(parts[parts.index("campfire_chat") + 1 :])
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1]
    return Path(file).stem
