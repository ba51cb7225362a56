"""Files that hold conversations are readable by their owner only."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

#: What SQLite names the files that it keeps beside a database. It gives them the database's mode.
SIDE_FILES = ("", "-wal", "-shm")
#: Read and write for the owner, nothing for anybody else.
PRIVATE = 0o600


def create_private(path: Path) -> None:
    """Create an empty file with mode 0600, whatever the umask. An existing file is not changed.

    SQLite treats an empty file as a new database. A file that it creates is readable by all.

    Raises:
        OSError: The file is not there and cannot be created.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))


def readable_by_others(path: Path) -> list[Path]:
    """Which of a database's files give group or others any permission; none on Windows, where a
    mode says nothing."""
    if os.name != "posix":
        return []
    found: list[Path] = []
    for end in SIDE_FILES:
        file = Path(f"{path}{end}")
        with contextlib.suppress(FileNotFoundError):
            if stat.S_IMODE(file.stat().st_mode) & 0o077:
                found.append(file)
    return found
