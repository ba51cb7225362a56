"""Imports point one way, and what is dangerous has one door."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import campfire_chat

ROOT = Path(campfire_chat.__file__).parent

#: The floors of the house, from the ground up; a room imports from its own floor and below.
FLOORS: list[set[str]] = [
    {
        "addresses",
        "clock",
        "configuration",
        "errors",
        "events",
        "ids",
        "models",
        "outages",
        "preflights",
        "private_files",
        "protocols",
        "server_flags",
        "settings",
        "signed_identities",
        "unreadable",
    },
    {"domain"},
    {"storage", "identity", "origins", "jobs"},
    {"realtime"},
    {"http", "mounting", "shutdown"},
    {"app"},
    {"__init__", "cli", "doctor", "demo", "shop", "testing", "__main__"},
]

RANK = {room: number for number, floor in enumerate(FLOORS) for room in floor}

#: Package → the only modules that may import it, and why it is kept there.
DOORS = {
    # Its tasks and connections are tied together in ways that only the lanes handle.
    "databases": {"storage/lanes.py"},
    "broadcaster": {"realtime/bus.py", "realtime/buses/backend.py"},
    # Another driver, another way to fail: each has one place that knows them.
    "asyncpg": {"storage/postgresql.py", "realtime/buses/postgresql.py"},
    "redis": {"realtime/buses/redis.py"},
    "nats": {"realtime/buses/nats.py"},
    "itsdangerous": {"identity.py"},
    "alembic": {"storage/schema.py", "storage/migrations"},
}


def modules() -> list[Path]:
    return [
        path
        for path in sorted(ROOT.rglob("*.py"))
        if not {"frontend", "static", "__pycache__", "node_modules"} & set(path.parts)
    ]


def imports(path: Path) -> Iterator[str]:
    """Every module that is imported when this one runs; not what is only for type checkers."""
    tree = ast.parse(path.read_text("utf-8"))
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            skipped.update(ast.walk(node))
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            assert node.module is not None
            yield from (f"{node.module}.{name.name}" for name in node.names)


def room_of(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] != "campfire_chat":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in RANK else "__init__"


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_point_down(path: Path) -> None:
    place = path.relative_to(ROOT)
    room = place.parts[0].removesuffix(".py")
    assert room in RANK, f"say in this file on which floor {room} is"
    for module in imports(path):
        other = room_of(module)
        if other is None:
            continue
        assert RANK[other] <= RANK[room], f"{place} imports {module}, which is above it"


@pytest.mark.parametrize("package", DOORS)
def test_one_door(package: str) -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for path in modules()
        if any(module.split(".")[0] == package for module in imports(path))
    }
    strays = {user for user in users if not any(user.startswith(door) for door in DOORS[package])}
    assert strays == set()
    assert users, f"nobody imports {package} any more"


def test_the_domain_knows_no_tools() -> None:
    """Rules without SQL, HTTP and sockets."""
    for path in modules():
        if path.relative_to(ROOT).parts[0] != "domain":
            continue
        for module in imports(path):
            package = module.split(".")[0]
            assert package not in ("sqlalchemy", "starlette", "databases", "asyncio"), path


def test_importing_does_nothing() -> None:
    """No work at import time: no files, no tasks, no drivers."""
    import subprocess
    import sys

    code = (
        "import sys, campfire_chat\n"
        "print([name for name in ('asyncpg', 'aiosqlite', 'redis', 'nats', 'fastapi', 'uvicorn')"
        " if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_modules_are_small() -> None:
    for path in modules():
        if "migrations" in path.parts:
            continue
        lines = len(path.read_text("utf-8").splitlines())
        assert lines <= 500, f"{path.relative_to(ROOT)} has {lines} lines"
