"""The contract once more with the oldest redis-py that is supported: drivers differ most here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.servers import ROOT


def oldest() -> str:
    """The lower bound of the extra."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
        "optional-dependencies"
    ]
    found = re.fullmatch(r"redis>=(\d+)", extras["redis"][0])
    assert found, extras["redis"]
    return f"{found[1]}.0.0"


def test_the_oldest_redis_py(redis: str, tmp_path: Path) -> None:
    version = oldest()
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(tmp_path)]
    installed = subprocess.run(
        [*command, f"redis=={version}", "async-timeout"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if installed.returncode:
        pytest.skip(f"redis {version} cannot be had: {installed.stderr[-300:]}")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(
            [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
        ),
        "CAMPFIRE_TEST_REDIS_URL": redis,
    }
    probe = "import redis; print(redis.__version__)"
    for arguments, expected in (
        (["-c", probe], version),
        (["-m", "pytest", "-q", "tests/buses/test_contract.py", "-k", "redis"], " passed"),
    ):
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert expected in done.stdout
