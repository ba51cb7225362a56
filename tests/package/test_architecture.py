"""Imports point one way, and what is dangerous has one door."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import campfire_chat

ROOT = Path(campfire_chat.__file__).parent

#: The floors of the house, from the ground up. A room imports only from itself and from below.
FLOORS: list[set[str]] = [
    {"core"},
    {"configuration", "settings"},
    {"database"},
    {"access"},
    {"ledger"},
    {"jobs"},
    {"feed"},
    {"hooks", "realtime"},
    {"http"},
    {"feature"},
    {"features"},
    {"mounting", "shutdown", "runtime"},
    {"host_code"},
    {"app"},
    {"__init__", "cli", "doctor", "inventory", "demo", "shop", "testing", "__main__"},
]

RANK = {room: number for number, floor in enumerate(FLOORS) for room in floor}

#: What one feature may know of another: how to ask it, and what it hands out.
OF_OTHERS = {"service", "records", "events", "streams", "frames", "permissions", "errors"}
#: Features that are so close that they know more of each other: what belongs to a conversation is
#: written and read together with it, searched, and told of.
CLOSE = {
    *("agents", "contacts", "conversations", "mentions", "messages", "presence", "receipts"),
    *("notifications", "search", "tags", "teams"),
}

#: Package → the only modules that may import it, and why it is kept there.
DOORS = {
    # Its tasks and connections are tied together in ways that only the lanes handle.
    "databases": {"database/lanes.py"},
    "broadcaster": {"realtime/bus.py", "realtime/buses/backend.py"},
    # Another driver, another way to fail: each has one place that knows them.
    "asyncpg": {"database/postgresql.py", "realtime/buses/postgresql.py"},
    "redis": {"realtime/buses/redis.py"},
    "nats": {"realtime/buses/nats.py"},
    "itsdangerous": {"access/identity.py"},
    "alembic": {"database/upgrade.py", "database/migrations"},
}


def modules() -> list[Path]:
    return [
        path
        for path in sorted(ROOT.rglob("*.py"))
        if not {"frontend", "static", "__pycache__", "node_modules"} & set(path.parts)
    ]


def imports(path: Path) -> Iterator[str]:
    """Every module that is imported, also only for type checkers."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
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


def test_rules_know_no_tools() -> None:
    """Rules without SQL, HTTP and sockets."""
    rules = [path for path in modules() if path.name == "rules.py" or "core" in path.parts[-2:]]
    assert len(rules) > 5
    for path in rules:
        for module in imports(path):
            package = module.split(".")[0]
            assert package not in ("sqlalchemy", "starlette", "databases", "asyncio"), path


def test_features_reach_each_other_through_what_they_offer() -> None:
    for path in modules():
        place = path.relative_to(ROOT).parts
        if place[0] != "features" or len(place) < 3:
            continue
        for module in imports(path):
            parts = module.split(".")
            if parts[:2] != ["campfire_chat", "features"] or parts[2] == place[1]:
                continue
            known = parts[3] in OF_OTHERS or {parts[2], place[1]} <= CLOSE
            assert known, f"{'/'.join(place)} imports {module}"


def test_an_error_that_one_room_raises_is_declared_there() -> None:
    """What is in the core may be raised anywhere. A feature is a room of its own."""
    users: dict[str, set[str]] = {}
    for path in modules():
        place = path.relative_to(ROOT).parts
        room = "/".join(place[:2]) if place[0] == "features" else place[0].removesuffix(".py")
        for module in imports(path):
            if module.startswith("campfire_chat.core.errors."):
                users.setdefault(module.rpartition(".")[2], set()).add(room)
    lonely = {
        name: rooms
        for name, rooms in users.items()
        if name.endswith("Error") and len(rooms) == 1 and rooms != {"core"}
    }
    assert lonely == {}


def test_there_is_no_circle() -> None:
    """File by file, type-checking imports included."""
    names = {_module(path): path for path in modules()}
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        found = {item for module in imports(path) for item in (module, module.rpartition(".")[0])}
        graph[name] = (found & names.keys()) - {name, "campfire_chat"}
    order = TopologicalSorter(graph)
    try:
        order.prepare()
    except CycleError as circle:
        pytest.fail(" → ".join(circle.args[1]))


def _module(path: Path) -> str:
    inside = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(inside[:-1] if inside[-1] == "__init__" else inside)


def test_importing_does_nothing() -> None:
    """No work at import time: no files, no tasks, no drivers."""
    import subprocess
    import sys

    code = (
        "import sys, campfire_chat\n"
        "print([name for name in ('alembic', 'asyncpg', 'aiosqlite', 'redis', 'nats', 'fastapi',"
        " 'uvicorn')"
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
