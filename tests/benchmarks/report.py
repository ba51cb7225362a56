"""The benchmarks as one Markdown report."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks import fanout, feed, idle, messages, reads, rest, searches
from tests.benchmarks.servers import Backends
from tests.benchmarks.tables import fsync_time


class Section(NamedTuple):
    """
    Attributes:
        run: Given the backends and whether it is to be quick, the section's Markdown.
    """

    title: str
    run: Callable[[Backends, bool], str]


SECTIONS: dict[str, Section] = {
    "messages": Section(
        "Durable messages per second",
        lambda backends, quick: messages.run(backends, messages.QUICK if quick else messages.FULL),
    ),
    "idle": Section(
        "Idle sockets",
        lambda backends, quick: idle.run(backends, idle.QUICK if quick else idle.FULL),
    ),
    "rest": Section(
        "At rest",
        lambda backends, quick: rest.run(backends, rest.QUICK if quick else rest.FULL),
    ),
    "feed": Section(
        "The feed",
        lambda backends, quick: feed.run(backends, feed.QUICK if quick else feed.FULL),
    ),
    "fanout": Section(
        "One inbox, many agents",
        lambda backends, quick: fanout.run(backends, fanout.QUICK if quick else fanout.FULL),
    ),
    "reads": Section(
        "Reads",
        lambda backends, quick: reads.run(backends, reads.QUICK if quick else reads.FULL),
    ),
    "searches": Section(
        "Searches",
        lambda backends, quick: searches.run(backends, searches.QUICK if quick else searches.FULL),
    ),
}

PACKAGES = (
    *("uvicorn", "uvloop", "websockets", "starlette", "fastapi", "broadcaster", "databases"),
    *("sqlalchemy", "asyncpg", "redis", "python-socketio", "django", "channels", "channels-redis"),
)


def run(
    only: Sequence[str] = (),
    *,
    quick: bool = False,
    database: str | None = None,
    bus: str | None = None,
) -> str:
    """Run the benchmarks and return what they found, in Markdown.

    Args:
        only: Names of sections; all of them when empty.
        quick: To see that they work: small, once, and no figures to quote.
        database: ``sqlite``, ``postgresql`` or the URL of a PostgreSQL server, for one engine only.
        bus: Between several of our processes: ``redis``, ``postgresql``, ``nats``, ``memory`` or a
            URL; what the package takes by itself when left out.
    """
    with Backends(database=database, bus=bus) as backends:
        parts = [_machine(backends, quick)]
        for name in only or SECTIONS:
            section = SECTIONS[name]
            parts.append(f"## {section.title}\n\n{section.run(backends, quick)}")
    return "\n\n".join(parts)


def _machine(backends: Backends, quick: bool) -> str:
    """Where it ran, which no figure means anything without."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    note = "\n\nA quick run: it shows that the instruments work, and nothing else." if quick else ""
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB, Python "
        f"{platform.python_version()}, Linux {platform.release()}. An fsync of 4 KiB takes "
        f"{fsync_time():.2f} ms. The bus between several of our processes: {backends.bus_name}. "
        f"Server and load generator share the machine.\n\n{versions}.{note}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
