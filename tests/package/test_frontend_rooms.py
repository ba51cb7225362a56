"""Imports of the browser code point one way, and its words are in catalogues."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.servers import ROOT

FRONTEND = ROOT / "src" / "campfire_chat" / "frontend"

#: Room → the rooms from which it may import.
ROOMS: dict[str, set[str]] = {
    "common": {"common"},
    "launcher": {"launcher", "common", "widget"},
    "widget": {"widget", "common"},
    "console/ui": {"console/ui", "common"},
    "console/shell": {"console/shell", "console/ui", "common"},
    "console/features": {"console/features", "console/shell", "console/ui", "common"},
}


def sources() -> list[Path]:
    return [
        path
        for path in sorted(FRONTEND.rglob("*.ts*"))
        if "node_modules" not in path.parts and path.suffix in (".ts", ".tsx")
    ]


def room_of(path: Path) -> str:
    parts = path.relative_to(FRONTEND).parts
    return "/".join(parts[:2]) if parts[0] == "console" else parts[0]


def imports(path: Path) -> Iterator[Path]:
    for name in re.findall(r'(?:from|import)\s*\(?\s*"(\.[^"]+)"', path.read_text("utf-8")):
        yield (path.parent / name).resolve()


def test_imports_point_down() -> None:
    looked_at = set()
    for path in sources():
        room = room_of(path)
        if room not in ROOMS:
            continue
        looked_at.add(room)
        for target in imports(path):
            assert room_of(target) in ROOMS[room], f"{path.relative_to(FRONTEND)}: {target}"
    assert looked_at == ROOMS.keys()


def test_the_launcher_takes_only_types_from_the_panel() -> None:
    """They are two bundles."""
    for path in (FRONTEND / "launcher").glob("*.ts"):
        for line in re.findall(r"^import .*\.\./widget/.*$", path.read_text("utf-8"), re.M):
            assert line.startswith("import type"), f"{path.name}: {line}"


def test_each_catalogue_has_a_type_that_a_translation_can_have() -> None:
    found = list(FRONTEND.rglob("strings.en.ts"))
    assert len(found) > 5
    for path in found:
        text = path.read_text("utf-8")
        # Of literals, a translation could only repeat the English ones.
        assert "as const" not in text, path
        assert "export const en = {" in text, path
        assert "export type Strings = typeof en;" in text, path
        assert path.with_name("strings.ts").is_file(), path


def test_nothing_is_said_beside_the_catalogues() -> None:
    """No component has words of its own between its tags."""
    for path in sources():
        if path.suffix == ".tsx":
            said = re.findall(r">\s*([A-Z][a-z]+ [a-z]+[^<{]*)<", path.read_text("utf-8"))
            assert said == [], path
