"""The examples that the documentation shows, and the command line, as somebody would run them."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from examples import test_my_host

from tests.support.servers import PATIENCE, ROOT, ProcessServer

EXAMPLES = ROOT / "examples"


@pytest.mark.parametrize("name", ["minimal_fastapi", "minimal_starlette"])
def test_the_smallest_hosts(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.py").write_text((EXAMPLES / f"{name}.py").read_text("utf-8"), "utf-8")
    server = ProcessServer(f"{name}:app", directory=tmp_path)
    try:
        server.start()
        assert '<script src="/support/widget.js" async>' in httpx.get(server.url, timeout=60).text
        token = httpx.post(f"{server.url}/support/api/v1/visitors", timeout=60).json()["token"]
        message = {"message": {"body": "Hello?"}}
        begun = httpx.post(
            f"{server.url}/support/api/v1/conversations",
            json=message,
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        assert begun.status_code == 201
        with httpx.Client(base_url=server.url, follow_redirects=True, timeout=60) as ada:
            assert ada.get("/support/console/").url.path == "/support/console/"
            inbox = ada.get("/support/api/v1/conversations").json()["items"]
            assert [row["last_message"]["text"] for row in inbox] == ["Hello?"]
            assert ada.get("/support/api/v1/me").json()["name"] == "Ada"
        status, _ = server.terminate()
        assert status in (0, -15)
    finally:
        server.close()


@pytest.mark.anyio
async def test_a_hosts_own_tests() -> None:
    await test_my_host.test_a_question_is_answered_and_comes_back_later()
    await test_my_host.test_who_is_signed_in_is_known()


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "campfire_chat.cli", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def test_migrate_and_doctor(empty_database_url: str) -> None:
    migrated = command("migrate", "--database", empty_database_url)
    assert migrated.returncode == 0, migrated.stderr
    assert "the schema is at" in migrated.stdout
    again = command("migrate", "--database", empty_database_url)
    assert again.stdout == migrated.stdout
    examined = command("doctor", "--database", empty_database_url)
    assert "checks," in examined.stdout
    assert "Traceback" not in examined.stderr


def test_the_command_line_names_what_is_wrong(tmp_path: Path) -> None:
    wrong = command("migrate", "--database", f"sqlite:///{tmp_path}/no/such/folder/x.db")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("campfire-chat: ")
    assert "Traceback" not in wrong.stderr


def test_the_demo(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as output:
        demo = subprocess.Popen(
            [
                *(sys.executable, "-m", "campfire_chat.cli", "demo"),
                *("--port", "0", "--directory", str(tmp_path / "demo")),
            ],
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(r"http://[\d.:]+", log.read_text("utf-8"))):
            assert demo.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline, log.read_text("utf-8")
            time.sleep(0.1)
        url = found[0]
        assert "/support/widget.js" in httpx.get(url, follow_redirects=True, timeout=60).text
        assert httpx.get(f"{url}/support/api/v1/health/ready", timeout=60).status_code == 200
    finally:
        demo.terminate()
        assert demo.wait(PATIENCE) in (0, -15)
    assert "Traceback" not in log.read_text("utf-8")
