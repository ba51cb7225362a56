"""A migration may take longer than any other statement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from campfire_chat.database import schema
from campfire_chat.database.dialects import Route
from campfire_chat.database.lanes import Session
from campfire_chat.database.postgresql import PostgreSQLEngine
from tests.support.host import campfire_for
from tests.support.next_version import REVISION, write_migrations

pytestmark = pytest.mark.anyio

#: Seconds after which a statement is given up in these tests, and what the migration takes.
GIVEN_UP, TAKES = 1.0, 2.5


async def test_a_large_table_may_be_rewritten(
    postgres_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = PostgreSQLEngine.routes

    def hasty(engine: PostgreSQLEngine, url: str, *, writable: bool) -> list[Route]:
        return [
            route._replace(options={**route.options, "command_timeout": GIVEN_UP})
            for route in usual(engine, url, writable=writable)
        ]

    monkeypatch.setattr(PostgreSQLEngine, "routes", hasty)
    folder = write_migrations(tmp_path / "migrations", head=schema.head(), oldest=schema.head())
    script = folder / "versions" / "r9001_made_up.py"
    slow = f'    op.execute("SELECT pg_sleep({TAKES})")\n'
    script.write_text(script.read_text("utf-8") + slow, "utf-8")
    monkeypatch.setattr(schema, "SCRIPTS", folder)
    campfire = campfire_for(postgres_database_url, drain_on_signal=False, work="elsewhere")
    async with campfire.lifespan():
        running = campfire._running
        assert running is not None

        async def look(session: Session) -> Any:
            return await schema.revision(session)

        assert await running.storage.read(look) == REVISION

        # Everything else is given up.
        given_up: list[Exception] = []

        async def sleep(session: Session) -> None:
            try:
                await session.command(f"SELECT pg_sleep({TAKES})")
            except TimeoutError as error:
                given_up.append(error)

        await running.storage.read(sleep)
        assert given_up
