"""What is installed from the wheel works without the checkout beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.support.servers import ROOT, ProcessServer

APP = """
from starlette.applications import Starlette
from campfire_chat import Campfire

app = Starlette()
campfire = Campfire("sqlite:///support.db", secret_key="a key of 32 characters or so ...")
campfire.mount_to(app, "/support")
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel and an sdist, the wheel built from the sdist as installers do."""
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


def test_what_is_in_the_wheel(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "campfire_chat/py.typed",
        "campfire_chat/static/widget.js",
        "campfire_chat/static/console/index.html",
        "campfire_chat/database/migrations/env.py",
        "campfire_chat/shop/__init__.py",
    ):
        assert needed in names, needed
    assert [name for name in names if name.startswith("campfire_chat/static/panel-")]
    for forbidden in ("frontend/", "node_modules", "tests/", ".db", "__pycache__"):
        assert not [name for name in names if forbidden in name], forbidden


def test_what_is_in_the_sdist(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for needed in (
        "pyproject.toml",
        "LICENSE",
        "tests/conftest.py",
        "src/campfire_chat/static/widget.js",
        "src/campfire_chat/frontend/build.py",
        "src/campfire_chat/frontend/package-lock.json",
    ):
        assert needed in names, needed
    assert not [name for name in names if "node_modules" in name]


@pytest.mark.slow
def test_installed_and_served(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    site = Path(
        subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
    )
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"),
            *("--disable-pip-version-check", "--target", str(site), str(wheel)),
        ],
        check=True,
    )
    # The dependencies are those of the tests; the package itself must come from the wheel. Links,
    # since a path to the whole folder would bring the editable install along.
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        ours = "campfire" in path.name or path.suffix == ".pth"
        if not ours and not (site / path.name).exists():
            (site / path.name).symlink_to(path)
    (tmp_path / "app.py").write_text(APP, "utf-8")
    where = subprocess.run(
        [python, "-c", "import campfire_chat; print(campfire_chat.__file__)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
    ).stdout
    assert str(environment) in where
    server = InstalledServer(python, tmp_path)
    try:
        server.start()
        base = f"{server.url}/support"
        launcher = httpx.get(f"{base}/widget.js", timeout=60)
        assert launcher.status_code == 200
        assert len(launcher.content) > 500
        panel = next(path for path in (site / "campfire_chat/static").glob("panel-*.js"))
        chunk = httpx.get(f"{base}/static/{panel.name}", timeout=60)
        assert chunk.status_code == 200
        assert "immutable" in chunk.headers["cache-control"]
        assert httpx.get(f"{base}/console/", timeout=60).status_code == 200
        assert httpx.post(f"{base}/api/v1/visitors", timeout=60).status_code == 201
        assert (tmp_path / "support.db").is_file()
    finally:
        server.close()
        shutil.rmtree(environment)


class InstalledServer(ProcessServer):
    """uvicorn of another environment, without this checkout on its path."""

    def __init__(self, python: Path, directory: Path) -> None:
        super().__init__("app:app", directory=directory)
        self._environment.pop("PYTHONPATH")
        self._python = python
