"""The Redis bus once more with other releases of redis-py than the one that is installed.

These are the oldest that is supported, and the last of a line that many still have: drivers
differ most here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.servers import ROOT

#: Seconds to install a driver, or to run its tests; far more than a busy machine needs.
PATIENCE = 900.0


def oldest() -> str:
    """The lower bound of the extra."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
        "optional-dependencies"
    ]
    found = re.fullmatch(r"redis>=(\d+)", extras["redis"][0])
    assert found, extras["redis"]
    return f"{found[1]}.0.0"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wanted", "version"),
    [(f"=={oldest()}", re.escape(oldest())), (">=6,<7", r"6\.\d+\.\d+")],
    ids=["oldest", "6"],
)
def test_other_redis_pys(wanted: str, version: str, redis: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(tmp_path)]
    installed = subprocess.run(
        [*command, f"redis{wanted}", "async-timeout"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if installed.returncode:
        pytest.skip(f"redis{wanted} cannot be had: {installed.stderr[-300:]}")
    environment = {
        **os.environ,
        # A few tests in one process; workers would cost more than they bring.
        "PYTEST_ADDOPTS": "",
        "PYTHONPATH": os.pathsep.join(
            [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
        ),
        "CAMPFIRE_TEST_REDIS_URL": redis,
    }

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    found = run("-c", "import redis; print(redis.__version__)").strip()
    assert re.fullmatch(version, found), f"redis{wanted} was to run, and it is {found}"
    print(f"redis-py {found}")
    tests = ("tests/buses/test_contract.py", "tests/buses/test_tls.py")
    assert " passed" in run("-m", "pytest", "-q", *tests, "-k", "redis and not two_processes")
