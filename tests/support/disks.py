"""A disk so small that it can be filled."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.postgres import EngineMissing


class SmallDisk:
    """A file system in memory; mounting one takes the right to.

    Args:
        folder: Where it appears.
        megabytes: How much fits.

    Raises:
        EngineMissing: It cannot be mounted here.
    """

    def __init__(self, folder: Path, *, megabytes: int) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
        try:
            done = subprocess.run(command, check=False, capture_output=True, text=True)
        except OSError as error:
            raise EngineMissing(f"no small disk: {error}") from None
        if done.returncode:
            raise EngineMissing(f"no small disk: {done.stderr.strip()}")

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def fill(self) -> None:
        """Take up everything that is left."""
        with self._filler.open("ab", buffering=0) as filler:
            for size in (1024 * 1024, 4096, 1):
                try:
                    while filler.write(bytes(size)):
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True, capture_output=True)

    def __enter__(self) -> SmallDisk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
