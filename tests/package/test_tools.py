"""What the tools of the trade say about the sources."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.support.servers import ROOT

SOURCES = ("src", "examples", "tests")


def run(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]


def test_ruff_finds_nothing() -> None:
    run("-m", "ruff", "check", *SOURCES)


def test_ruff_would_change_nothing() -> None:
    run("-m", "ruff", "format", "--check", *SOURCES)


@pytest.mark.slow
def test_pyright_is_content() -> None:
    run("-m", "pyright", "--pythonpath", sys.executable)


@pytest.mark.slow
def test_typescript_is_content() -> None:
    run("src/campfire_chat/frontend/build.py", "--check")


def test_the_bundle_is_within_its_budget() -> None:
    """The launcher at most 3 KB, the panel at most 15 KB, gzipped."""
    run("src/campfire_chat/frontend/build.py", "--sizes")


def test_ci_runs_the_command_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    (command,) = re.findall(r"^python -m venv .*pytest$", readme, re.M)
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert command in lines


def test_nothing_is_left_for_later() -> None:
    """No reminders, no placeholders, no paths of somebody's machine."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.xfail("not a git checkout")
    # Written apart, so that this file does not find itself.
    words = re.compile("|".join(map("".join, (("TO", "DO"), ("FIX", "ME"), ("/wo", "rk/")))))
    kinds = (".py", ".ts", ".tsx", ".md", ".toml", ".css", ".html", "")
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in kinds and path.is_file():
            found = words.search(path.read_text("utf-8"))
            assert found is None, f"{name}: {found}"
