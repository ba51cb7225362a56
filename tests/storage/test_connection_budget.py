"""A process holds a fixed number of database connections, whatever happens to them."""

from __future__ import annotations

import asyncio
import contextlib
from urllib.parse import urlsplit

import asyncpg
import pytest

from campfire_chat.settings import Settings
from tests.support.engines import create_postgres_database, drop_postgres_database
from tests.support.talk import VISITOR, Talk, store_on

pytestmark = pytest.mark.anyio

BUDGET = 1 + Settings().readers
#: Without the server's own, such as one that vacuums what was just written.
CLIENTS = "SELECT pid FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'"


class Watch:
    """Counts the connections to a database from the side, as fast as the server answers."""

    def __init__(self, server: str, name: str) -> None:
        self._server = server
        self._name = name
        #: Backends that were told to go; for a moment they are still to be seen.
        self.doomed: set[int] = set()
        self.now = 0
        self.most = 0
        self.looks = 0
        self._stopping = False

    async def __aenter__(self) -> Watch:
        self._connection = await asyncpg.connect(self._server)
        self._task = asyncio.create_task(self._count())
        return self

    async def __aexit__(self, *_: object) -> None:
        # Not cancelled: asyncpg would go and have the query cancelled over one more connection.
        self._stopping = True
        await self._task
        await self._connection.close()

    async def terminate(self, by: asyncpg.Connection) -> None:
        """Terminate whatever there is."""
        rows = await by.fetch(CLIENTS, self._name)
        pids = [row[0] for row in rows]
        self.doomed.update(pids)
        await by.execute("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", pids)

    async def _count(self) -> None:
        while not self._stopping:
            rows = await self._connection.fetch(CLIENTS, self._name)
            self.now = len({row[0] for row in rows} - self.doomed)
            self.most = max(self.most, self.now)
            self.looks += 1
            await asyncio.sleep(0.005)


async def test_it_stays_within_its_budget(postgres: str) -> None:
    url = create_postgres_database(postgres)
    name = urlsplit(url).path.lstrip("/")
    try:
        async with Watch(postgres, name) as watch:
            # Migrating, talking and reading, losing every connection again and again, stopping.
            async with store_on(url) as store:
                opened, _ = await store.conversations.open(VISITOR, client_id="0", body="0")
                stop = asyncio.Event()

                async def read() -> None:
                    while not stop.is_set():
                        with contextlib.suppress(Exception):
                            await store.messages.page(VISITOR, opened.id, None, 50)

                readers = [asyncio.create_task(read()) for _ in range(20)]
                other = await asyncpg.connect(postgres)
                async with Talk(store, opened.id) as talk:
                    for _ in range(10):
                        await talk.goes_on(10)
                        await watch.terminate(other)
                    await talk.goes_on()
                stop.set()
                await asyncio.gather(*readers)
                await other.close()
                assert store.storage.healthy
            assert watch.looks > 50
            assert watch.most == BUDGET
            watch.doomed.clear()
            async with asyncio.timeout(60):
                looks = watch.looks
                while watch.now or watch.looks < looks + 2:
                    await asyncio.sleep(0.02)
    finally:
        drop_postgres_database(url, postgres)
