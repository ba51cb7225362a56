"""The build notices when its sources or its output are not what they were."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.servers import ROOT

BUILD = ROOT / "src" / "campfire_chat" / "frontend" / "build.py"


def load_build() -> ModuleType:
    """The build script as a module."""
    spec = importlib.util.spec_from_file_location("bundle_build", BUILD)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The build script, looking at a copy of the bundle."""
    module = load_build()
    copy = tmp_path / "static"
    shutil.copytree(module.STATIC, copy)
    monkeypatch.setattr(module, "STATIC", copy)
    # As a build of the sources as they are now would have left it.
    stamp = {"digest": module.digest(), "files": module.outputs(copy)}
    (copy / module.STAMP).write_text(json.dumps(stamp), "utf-8")
    assert module.fresh()
    return module


def test_a_changed_file(build: ModuleType) -> None:
    launcher = build.STATIC / "widget.js"
    launcher.write_bytes(launcher.read_bytes() + b"\nfetch('https://elsewhere.example')")
    assert not build.fresh()


def test_a_damaged_file(build: ModuleType) -> None:
    panel = next(build.STATIC.glob("panel-*.js"))
    panel.write_bytes(panel.read_bytes()[:100])
    assert not build.fresh()


def test_a_file_that_is_missing_or_was_added(build: ModuleType) -> None:
    (build.STATIC / "added.js").write_text("x", "utf-8")
    assert not build.fresh()
    (build.STATIC / "added.js").unlink()
    assert build.fresh()
    next((build.STATIC / "console" / "assets").glob("*.css")).unlink()
    assert not build.fresh()


def test_a_stamp_without_digests(build: ModuleType) -> None:
    stamp = {"digest": build.digest(), "files": sorted(build.outputs(build.STATIC))}
    (build.STATIC / build.STAMP).write_text(json.dumps(stamp), "utf-8")
    assert not build.fresh()


def test_no_script_of_a_package_is_run() -> None:
    source = BUILD.read_text("utf-8")
    assert '"ci", "--ignore-scripts"' in source


def test_every_part_of_the_widget_stands_alone(build: ModuleType) -> None:
    """Parts that are loaded on need import nothing: the panel may have been loaded under another
    address, and would then run twice. What the panel needs at once is in its own file, so that its
    size is the size of its first load."""
    parts = list(build.STATIC.glob("*.js"))
    assert {path.name.partition("-")[0] for path in parts} >= {"panel", "outbox", "markup"}
    for path in parts:
        found = re.search(r"\bimport(\s+\w|\s*[{*\"'`])|\bfrom\s*[\"'`]", path.read_text("utf-8"))
        assert found is None, (path.name, found)
