"""The code of docs/how-to/add-a-feature.md works as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.package.test_frontend_rooms import FRONTEND
from tests.support.servers import ROOT

PAGE = ROOT / "docs" / "how-to" / "add-a-feature.md"
SOURCE = ROOT / "src" / "campfire_chat"

#: Uses the feature over HTTP, as people do.
PROGRAM = """
import os

from tests.support.host import campfire_for, host_app
from tests.support.people import Desk
from tests.support.servers import ThreadServer
import campfire_chat

assert campfire_chat.__file__.startswith(os.environ["CAMPFIRE_TEST_COPY"])
with ThreadServer(host_app(campfire_for(os.environ["CAMPFIRE_TEST_DATABASE_URL"]))) as server:
    desk = Desk(f"{server.url}{server.mount}")
    boss, ada = desk.agent(role="admin"), desk.agent()
    made = boss.post("/bulletins", {"text": " Many orders are late today. "})
    assert (made["text"], made["created_by"]) == ("Many orders are late today.", boss.id)
    assert ada.get("/bulletins") == {"items": [made], "next_cursor": None}
    assert Desk(desk.base).agent().get("/bulletins")["items"] == []
    assert ada.post("/bulletins", {"text": "x"}, 403)["code"] == "forbidden"
    assert desk.visitor().get("/bulletins", 403)["code"] == "forbidden"
    assert boss.post("/bulletins", {"text": " "}, 422)["field"] == "text"
    assert boss.delete(f"/bulletins/{made['id']}") == {"id": made["id"]}
    assert boss.delete(f"/bulletins/{made['id']}", 404)["code"] == "not_found"
    events = ada.events(f"inbox:{desk.organization}")
    assert [event["event"] for event in events] == ["bulletin.created", "bulletin.deleted"]
    assert {event["data"]["actor"]["id"] for event in events} == {boss.id}
    for person in (boss, ada):
        person.close()
print("it works")
"""


def blocks() -> dict[str, str]:
    """The files on the page, by their paths."""
    found = re.findall(r'```\w+ title="([^"]+)"\n(.*?)```', PAGE.read_text("utf-8"), re.DOTALL)
    assert len(found) == len(dict(found)) > 10
    return dict(found)


def replaced(path: Path, pattern: str, by: str) -> None:
    text, count = re.subn(pattern, by, path.read_text("utf-8"), count=1)
    assert count == 1, f"{path.name}: {pattern}"
    path.write_text(text, "utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package with the feature that the page adds."""
    package = tmp_path / "campfire_chat"
    shutil.copytree(
        SOURCE, package, ignore=shutil.ignore_patterns("node_modules", "__pycache__", "static")
    )
    if (SOURCE / "static").is_dir():
        (package / "static").symlink_to(SOURCE / "static")
    (package / "frontend" / "node_modules").symlink_to(FRONTEND / "node_modules")
    versions = package / "database" / "migrations" / "versions"
    newest = max(re.findall(r"r(\d{4})_", " ".join(path.name for path in versions.iterdir())))
    for name, code in blocks().items():
        path = package / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(code, "utf-8")
    (package / "features" / "bulletins" / "__init__.py").touch()
    # By hand, the page says.
    replaced(versions / "r0099_bulletins.py", '"0098"', f'"{newest}"')
    python = package / "features" / "registry.py"
    replaced(
        python,
        "from campfire_chat.feature import Feature\n",
        "from campfire_chat.feature import Feature\n"
        "from campfire_chat.features.bulletins.feature import BULLETINS\n",
    )
    replaced(python, r"\n\)\n$", "\n    BULLETINS,\n)\n")
    console = package / "frontend" / "console" / "features" / "registry.ts"
    replaced(console, "import", 'import { BULLETINS } from "./bulletins/feature";\nimport')
    replaced(console, r"\];\n", "  BULLETINS,\n];\n")
    return tmp_path


def run(copy: Path, *arguments: str, **more: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(copy), "CAMPFIRE_TEST_COPY": str(copy), **more}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_feature_works(copy: Path, empty_database_url: str) -> None:
    told = run(copy, "-c", PROGRAM, CAMPFIRE_TEST_DATABASE_URL=empty_database_url)
    assert told.endswith("it works\n")


def test_its_screen_fits_to_the_console(copy: Path) -> None:
    if not (FRONTEND / "node_modules").is_dir():
        pytest.skip("the front end was not built: src/campfire_chat/frontend/build.py")
    build = str(copy / "campfire_chat" / "frontend" / "build.py")
    run(copy, build, "--types")
    run(copy, build, "--check")
