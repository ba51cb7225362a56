"""Whoever else uses the machine reads no conversations."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from campfire_chat import Campfire
from campfire_chat.doctor import Level, examine
from tests.support.host import campfire_for

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(os.name != "posix", reason="modes say nothing on Windows"),
]


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


@pytest.fixture
def started(tmp_path: Path) -> Campfire:
    return campfire_for(f"sqlite:///{tmp_path / 'support.db'}", drain_on_signal=False)


async def test_every_file_is_made_for_its_owner_alone(started: Campfire, tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        async with started.lifespan():
            found = modes(tmp_path)
    finally:
        os.umask(umask)
    assert {"support.db", "support.db-wal", "support.db-bus", "support.db-bus-wal"} <= set(found)
    assert set(found.values()) == {0o600}, found


async def test_a_file_that_is_there_keeps_its_mode(started: Campfire, tmp_path: Path) -> None:
    (tmp_path / "support.db").touch()
    (tmp_path / "support.db").chmod(0o640)
    async with started.lifespan():
        assert modes(tmp_path)["support.db"] == 0o640


@pytest.mark.parametrize("name", ["support.db", "support.db-wal", "support.db-bus"])
async def test_doctor_looks_at_files_that_are_there(
    started: Campfire, tmp_path: Path, name: str
) -> None:
    url = f"sqlite:///{tmp_path / 'support.db'}"
    async with started.lifespan():
        quiet = [item for item in await examine(url, None) if "chmod" in item.text]
        assert not quiet
        (tmp_path / name).chmod(0o644)
        [finding] = [item for item in await examine(url, None) if "chmod" in item.text]
    assert finding.level is Level.WARN
    assert str(tmp_path / name) in finding.text
