"""``campfire-chat jobs`` and ``campfire-chat worker``, as a person calls them."""

from __future__ import annotations

import asyncio

import pytest

from campfire_chat import cli
from campfire_chat.storage.store import Store
from tests.jobs.conftest import OpenStore, Watch
from tests.jobs.test_queue import Defer, claim

pytestmark = pytest.mark.anyio


async def park(store: Store, watch: Watch, organization: str = "default") -> str:
    await store.submit(Defer([7], run_at=watch(), organization=organization))
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


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("nothing", "MODULE:NAME"),
        ("no_such_module_at_all:campfire", "There is no module 'no_such_module_at_all'"),
        ("tests.support.host:no_such_name", "is not a Campfire"),
        ("tests.support.host:SECRET", "is not a Campfire"),
    ],
)
def test_a_worker_says_what_it_was_not_given(
    target: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["worker", target]) == 1
    assert reason in capsys.readouterr().err
