"""A server that lets strangers fill its memory is noticed; too large a frame is not read."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from campfire_chat.core.server_flags import SAFE_FLAGS, of_command, of_receive
from campfire_chat.realtime.frame_table import FrameRejected, FrameTable
from campfire_chat.runtime import FRAMES
from tests.support.host import campfire_for, host_app
from tests.support.servers import ProcessServer, ThreadServer, process_server

WARNING = "lets unknown clients use up its memory"


@pytest.mark.parametrize(
    ("command", "safe"),
    [
        ("/usr/bin/uvicorn app:app", False),
        ("/site-packages/uvicorn/__main__.py app:app", False),
        (f"uvicorn app:app {SAFE_FLAGS}", True),
        ("uvicorn app:app --ws-max-size=65536 --ws-per-message-deflate=no", True),
        ("uvicorn app:app --ws-max-size 65536", False),
        ("uvicorn app:app --ws-per-message-deflate false", False),
        ("uvicorn app:app --ws-max-size 16777216 --ws-per-message-deflate false", False),
        ("/usr/bin/fastapi run app.py", False),
        ("/usr/bin/granian app:app", True),
        ("/usr/bin/pytest tests", True),
    ],
)
def test_commands(command: str, safe: bool) -> None:
    assert (of_command(command.split(), {}) is None) is safe


def test_flags_from_the_environment_and_no_command() -> None:
    environ = {"UVICORN_WS_MAX_SIZE": "65536", "UVICORN_WS_PER_MESSAGE_DEFLATE": "False"}
    assert of_command(["uvicorn", "app:app"], environ) is None
    assert of_command([], {}) is None
    assert of_receive(object()) is None


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("options", "safe"),
    [
        ({}, False),
        ({"ws_max_size": 65536}, False),
        ({"ws_per_message_deflate": False}, False),
        ({"ws_max_size": 65536, "ws_per_message_deflate": False}, True),
    ],
)
async def test_what_a_running_server_shows(
    sqlite_database_url: str,
    caplog: pytest.LogCaptureFixture,
    options: dict[str, Any],
    safe: bool,
) -> None:
    campfire = campfire_for(sqlite_database_url, drain_on_signal=False)
    with (
        caplog.at_level(logging.WARNING, "campfire_chat"),
        ThreadServer(host_app(campfire), **options) as server,
    ):
        url = server.url.replace("http", "ws") + "/support/ws"
        for _ in range(2):
            async with connect(url, proxy=None):
                assert True
    told = [record for record in caplog.records if WARNING in record.getMessage()]
    assert len(told) == (0 if safe else 1)


@pytest.mark.parametrize("arguments", [(), tuple(SAFE_FLAGS.split())])
def test_plain_uvicorn_is_told_at_the_start(
    sqlite_database_url: str, arguments: tuple[str, ...]
) -> None:
    server: ProcessServer
    with process_server(sqlite_database_url, arguments=arguments) as server:
        assert (WARNING in server.log) is not arguments


@pytest.mark.anyio
@pytest.mark.parametrize("size", [65_537, 2_000_000])
async def test_a_frame_too_large_before_hello_ends_the_connection(
    sqlite_database_url: str, caplog: pytest.LogCaptureFixture, size: int
) -> None:
    campfire = campfire_for(sqlite_database_url, drain_on_signal=False)
    with (
        caplog.at_level(logging.WARNING, "campfire_chat"),
        ThreadServer(host_app(campfire), ws_per_message_deflate=False) as server,
    ):
        url = server.url.replace("http", "ws") + "/support/ws"
        async with connect(url, proxy=None) as socket:
            await socket.send("x" * size)
            await socket.wait_closed()
            assert socket.close_code == 4413


def test_what_is_too_large_is_not_copied_to_be_measured() -> None:
    class Long(str):
        __slots__ = ()

        def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
            raise AssertionError("copied")

    with pytest.raises(FrameRejected, match="10 bytes"):
        FrameTable(FRAMES).decode(Long("x" * 11), limit=10)
    with pytest.raises(FrameRejected, match="10 bytes"):
        FrameTable(FRAMES).decode("ü" * 6, limit=10)


def test_the_demo_sets_them() -> None:
    import inspect

    from campfire_chat import cli

    source = Path(inspect.getfile(cli)).read_text("utf-8")
    assert "ws_max_size=MAX_MESSAGE" in source
    assert "ws_per_message_deflate=False" in source
