"""What ``campfire-chat doctor`` says of a bus: it is spoken on, and has to be heard."""

from __future__ import annotations

from pathlib import Path

import pytest

from campfire_chat.doctor import Finding, Level, examine
from tests.buses.conftest import every_bus
from tests.support.buses import redis_server
from tests.support.ports import free_port

pytestmark = pytest.mark.anyio


async def bus_finding(database: str | None, bus: str | None) -> Finding:
    [finding] = [
        item for item in await examine(database, bus) if item.text.startswith(("bus ", "bus:"))
    ]
    return finding


@every_bus
async def test_a_bus_that_is_there(url: str, kind: str) -> None:
    finding = await bus_finding(None, url)
    assert finding.level is Level.OK, finding.text
    assert ("was received" in finding.text) is (kind not in ("sqlite", "memory"))
    assert not list(Path.cwd().glob("*-bus")), "looking creates nothing"


async def test_a_bus_that_is_away_or_impossible() -> None:
    with redis_server(password="hidden") as server:
        url = server.url
    finding = await bus_finding(None, url)
    assert finding.level is Level.FAIL
    assert "cannot be reached" in finding.text
    assert "hidden" not in finding.text
    finding = await bus_finding(None, "smoke://signals")
    assert finding.level is Level.FAIL


async def test_the_bus_that_comes_with_the_database(
    database_url: str, engine: str, tmp_path: Path
) -> None:
    finding = await bus_finding(database_url, None)
    assert finding.level is Level.OK, finding.text
    assert ("a file for the processes" in finding.text) is (engine == "sqlite")
    assert not list(tmp_path.glob("*-bus"))
    assert (await bus_finding(None, None)).level is Level.OK
    assert (await bus_finding("mysql://x/y", None)).level is Level.WARN


@pytest.mark.parametrize("secret", ["//me:hidden@", "//:hidden@"])
async def test_a_password_is_not_shown_wherever_it_stands(secret: str) -> None:
    for url in (
        f"redis:{secret}127.0.0.1:{free_port()}",
        f"nats://hidden@127.0.0.1:{free_port()}",
        f"postgresql://me@127.0.0.1:{free_port()}/desk?password=hidden&sslmode=disable",
    ):
        finding = await bus_finding(None, url)
        assert finding.level is Level.FAIL
        assert "127.0.0.1" in finding.text
        assert "hidden" not in finding.text


async def test_a_bus_file_that_cannot_be(tmp_path: Path) -> None:
    finding = await bus_finding(None, f"sqlite:///{tmp_path}/nowhere/desk.db-bus")
    assert finding.level is Level.FAIL
    assert f"the folder {tmp_path}/nowhere does not exist" in finding.text
    finding = await bus_finding(f"sqlite:///{tmp_path}/nowhere/desk.db", None)
    assert finding.level is Level.FAIL, "the bus that comes with a database in no folder"
    (tmp_path / "folder-bus").mkdir()
    finding = await bus_finding(None, f"sqlite:///{tmp_path}/folder-bus")
    assert finding.level is Level.FAIL
    assert "is not a file" in finding.text
    # Not there yet is as it should be before the first start, and looking creates nothing.
    finding = await bus_finding(None, f"sqlite:///{tmp_path}/desk.db-bus")
    assert finding.level is Level.OK
    assert not (tmp_path / "desk.db-bus").exists()
