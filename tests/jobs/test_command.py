"""``campfire-chat jobs`` and ``campfire-chat worker``, as a person calls them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from campfire_chat import cli
from tests.jobs.conftest import OpenStore, Watch
from tests.jobs.test_queue import Defer, claim
from tests.support.store import Store

pytestmark = pytest.mark.anyio


async def park(store: Store, watch: Watch, organization: str = "default") -> str:
    await store.storage.submit(Defer([7], run_at=watch(), organization=organization))
    (job,) = await claim(store)
    await store.jobs.park(job, error="ValueError: seven")
    return job.id


async def run(*arguments: str) -> int:
    return await asyncio.to_thread(cli.main, arguments)


async def test_parked_jobs_are_shown_restarted_and_dropped(
    open_store: OpenStore, watch: Watch, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = await open_store()
    mine, other = await park(store, watch), await park(store, watch, "other")
    jobs = ("jobs", "--database", database_url)
    assert await run(*jobs) == 0
    shown = capsys.readouterr().out
    assert f"{mine}  default  test.errand" in shown
    assert "1 attempts; ValueError: seven" in shown
    assert '{"number":7}' in shown
    assert "2 parked jobs." in shown
    assert await run(*jobs, "--restart", other) == 1
    assert "no such parked job" in capsys.readouterr().err
    assert await run(*jobs, "--restart", other, "--organization", "other") == 0
    assert await run(*jobs, "--drop", mine) == 0
    assert await run(*jobs) == 0
    assert "0 parked jobs." in capsys.readouterr().out
    watch.move(60)
    assert [job.organization for job in await claim(store)] == ["other"]


def test_jobs_of_a_mistyped_database_create_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mistyped.db"
    for more in ([], ["--restart", "job_1"], ["--drop", "job_1"]):
        assert cli.main(["jobs", "--database", f"sqlite:///{path}", *more]) == 1
        assert f"There is no database {path}." in capsys.readouterr().err
        assert not list(tmp_path.iterdir())


def test_migrate_says_which_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path}/campfire.db"
    assert cli.main(["migrate", "--database", url]) == 0
    assert capsys.readouterr().out.startswith(f"{url}: the schema is at 0")


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("nothing", "MODULE:NAME"),
        ("no_such_module_at_all:campfire", "There is no module 'no_such_module_at_all'"),
        ("./app.py:campfire", "such as app:campfire for a file app.py"),
        ("..app:campfire", "MODULE:NAME"),
        ("json.py:campfire", "If the name ends with .py"),
        ("tests.support.host:no_such_name", "not a Campfire object, but nothing of that name"),
        ("tests.support.host:SECRET", "not a Campfire object, but of type str"),
        (
            "examples.minimal_fastapi:app",
            "of type FastAPI. Write examples.minimal_fastapi:campfire",
        ),
    ],
)
def test_a_worker_says_what_it_was_not_given(
    target: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["worker", target]) == 1
    assert reason in capsys.readouterr().err
