"""A database of the revision before keeps its index, and a job indexes everything again."""

from __future__ import annotations

import json

import pytest

from campfire_chat.core import clock
from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.database.migrations.versions import r0031_search_prefixes
from campfire_chat.features.search.rebuilding import REBUILD
from campfire_chat.settings import Settings
from tests.storage.test_revision_0005 import SNOOZED, run
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

DOCUMENT = (
    "INSERT INTO campfire_search_documents VALUES "
    "('{org}', 'msg_{n}', 'message', 'conv_1', {n}, 'x', 'kettle')"
)
JOB = (
    "INSERT INTO campfire_jobs (org_id, job_id, kind, arguments, due_at, attempts, created_at) "
    "VALUES ('{org}', 'job_1', 'search.rebuild', '{arguments}', 1, 0, 1)"
)


async def test_the_index_is_kept_and_built_again(empty_database_url: str) -> None:
    engine = engine_of(empty_database_url)
    arguments = json.dumps({"stage": "conversation", "after": ""})
    rows = [
        *(SNOOZED.format(org=org, id="conv_1", status="open", until="NULL") for org in "ab"),
        *(DOCUMENT.format(org="a", n=n) for n in range(1, 6)),
        # Of one of them the job waits already.
        JOB.format(org="b", arguments=arguments),
    ]
    down = r0031_search_prefixes.down_revision
    before = schema.migrations().render(engine, None, down)
    await run(empty_database_url, [*before, *rows])
    store = Store(empty_database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    await store.stop()
    truth = Truth(empty_database_url)
    assert len(truth.query("SELECT * FROM campfire_search_documents")) == 5
    jobs = truth.query("SELECT org_id, kind, arguments FROM campfire_jobs ORDER BY org_id")
    assert jobs == [(org, REBUILD.name, arguments) for org in "ab"]
    if engine.name != "sqlite":
        return
    find = "SELECT rowid FROM campfire_search_index WHERE campfire_search_index MATCH '\"ke\" *'"
    assert {row[0] for row in truth.query(find)} == {1, 2, 3, 4, 5}
    # The triggers still keep it.
    await run(empty_database_url, ["DELETE FROM campfire_search_documents WHERE number < 4"])
    assert {row[0] for row in truth.query(find)} == {4, 5}
    [(sql,)] = truth.query("SELECT sql FROM sqlite_master WHERE name = 'campfire_search_index'")
    assert "prefix = '2 3'" in sql
