"""A disk that is full for a while, and files that may not be written for a while."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from campfire_chat.core.errors import StorageUnavailableError
from campfire_chat.database.lanes import Session
from tests.conftest import QUICK
from tests.support.disks import SmallDisk
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk
from tests.support.postgres import EngineMissing
from tests.support.servers import ThreadServer
from tests.support.store import Store
from tests.support.talk import VISITOR, Talk, check, store_on, until

pytestmark = pytest.mark.anyio


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    try:
        small = SmallDisk(tmp_path / "disk", megabytes=8)
    except EngineMissing as missing:
        pytest.skip(str(missing))
    with small:
        yield small


async def test_a_disk_that_is_full_and_then_freed(disk: SmallDisk) -> None:
    url = f"sqlite:///{disk.folder / 'campfire.db'}"
    async with store_on(url) as store:
        opened, _ = await store.conversations.open(VISITOR, client_id="0", body="0")
        async with Talk(store, opened.id) as talk:
            for _ in range(2):
                await talk.goes_on()
                before = talk.refusals
                await asyncio.to_thread(disk.fill)
                await until(lambda before=before: talk.refusals > before + 20)
                # Reading goes on.
                assert (await store.conversations.get(VISITOR, opened.id)).id == opened.id
                disk.free()
                await talk.goes_on()
    check(talk, url)


def test_a_process_on_a_full_disk_is_not_ready_and_becomes_so_by_itself(disk: SmallDisk) -> None:
    campfire = campfire_for(f"sqlite:///{disk.folder / 'campfire.db'}", **QUICK)
    with ThreadServer(host_app(campfire)) as server:
        desk = Desk(f"{server.url}/support")
        agent = desk.agent()
        conversation = desk.visitor().begin()["id"]

        def ready() -> httpx.Response:
            return httpx.get(f"{desk.base}/api/v1/health/ready", trust_env=False, timeout=60)

        def answer() -> int:
            path = f"/conversations/{conversation}/messages"
            return agent.http.post(path, json={"body": "x" * 9_000}).status_code

        assert ready().status_code == 200
        assert answer() == 201
        disk.fill()
        for _ in range(500):
            if answer() == 503:
                break
        refused = ready()
        assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
        assert "retry-after" in refused.headers
        # The process is alive, and what is there can be read.
        assert (
            httpx.get(f"{desk.base}/api/v1/health/live", trust_env=False, timeout=60).status_code
            == 200
        )
        assert agent.get(f"/conversations/{conversation}")["id"] == conversation
        disk.free()
        # Nobody writes: the balancer sends nothing here.
        for _ in range(1_000):
            if ready().status_code == 200:
                break
            time.sleep(0.02)
        assert ready().status_code == 200
        assert answer() == 201


async def test_a_database_that_is_opened_on_a_full_disk(disk: SmallDisk) -> None:
    url = f"sqlite:///{disk.folder / 'campfire.db'}"
    async with store_on(url) as store:
        opened, _ = await store.conversations.open(VISITOR, client_id="0", body="0")
    disk.fill()
    with pytest.raises(StorageUnavailableError):
        async with store_on(url):
            pytest.fail("it has nowhere to write")
    disk.free()
    async with store_on(url) as store:
        assert (await store.messages.send(VISITOR, opened.id, client_id="1", body="1")).seq == 2


@contextmanager
def _as_nobody(*paths: Path) -> Iterator[None]:
    """Be somebody whom permissions concern: they do not root."""
    if os.geteuid() != 0:
        yield
        return
    for path in paths:
        shutil.chown(path, "nobody", "nogroup")
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


async def _reconnect(store: Store) -> None:
    """Have every lane open its files anew, as after any failure."""

    async def fail(_: Session) -> None:
        raise OSError("a failing disk")

    for lanes in (store.storage.writer, store.storage.readers):
        with pytest.raises(StorageUnavailableError):
            await lanes.run(fail)


@pytest.mark.parametrize("what", ["file", "folder"])
async def test_what_may_not_be_written_for_a_while(what: str) -> None:
    # Not under pytest's own folder, which is root's alone.
    folder = Path("/tmp") / f"campfire-{os.getpid()}-{what}"
    folder.mkdir()
    path = folder / "campfire.db"
    url = f"sqlite:///{path}"
    try:
        async with store_on(url) as store:
            opened, _ = await store.conversations.open(VISITOR, client_id="0", body="0")
        with _as_nobody(folder, path):
            target = path if what == "file" else folder
            mode = target.stat().st_mode
            target.chmod(mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
            with pytest.raises(StorageUnavailableError):
                async with store_on(url):
                    pytest.fail("it cannot write")
            target.chmod(mode)
            async with store_on(url) as store, Talk(store, opened.id) as talk:
                await talk.goes_on()
                # Whoever has it open may go on writing; nobody is told what is not so.
                target.chmod(mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
                await _reconnect(store)
                if what == "file":
                    await until(lambda: not store.storage.healthy)
                await asyncio.sleep(0.3)
                target.chmod(mode)
                await talk.goes_on()
                assert store.storage.healthy
        check(talk, url)
    finally:
        shutil.rmtree(folder)


async def test_wal_files_removed_after_a_stop(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'campfire.db'}"
    async with store_on(url) as store:
        opened, _ = await store.conversations.open(VISITOR, client_id="0", body="0")
        async with Talk(store, opened.id) as talk:
            await talk.goes_on()
    for ending in ("-wal", "-shm"):
        (tmp_path / f"campfire.db{ending}").unlink(missing_ok=True)
    # Whoever stops last has put everything into the one file.
    check(talk, url)
    async with store_on(url) as store:
        assert (await store.messages.send(VISITOR, opened.id, client_id="1", body="1")).seq > 40
