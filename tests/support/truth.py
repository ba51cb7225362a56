"""What is really stored, read past the package with the engine's own driver."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from tests.support.engines import run_apart


class Truth:
    """A view of a database that shares nothing with the code under test."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    def query(self, sql: str, *values: Any) -> list[Sequence[Any]]:
        """Rows of a query whose parameters are written ``?``."""
        if self._url.startswith("sqlite:///"):
            path = self._url.removeprefix("sqlite:///")
            connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60)
            try:
                return connection.execute(sql, values).fetchall()
            finally:
                connection.close()
        return run_apart(self._fetch(sql, values))

    def write(self, sql: str, *values: Any) -> None:
        """Change what is stored, behind the package's back."""
        if self._url.startswith("sqlite:///"):
            connection = sqlite3.connect(self._url.removeprefix("sqlite:///"), timeout=60)
            with connection:
                connection.execute(sql, values)
            connection.close()
        else:
            run_apart(self._fetch(sql, values))

    def beats(self) -> dict[str, int]:
        """When each process on the database gave its last sign of life."""
        return dict(self.query("SELECT node_id, beat_at FROM campfire_nodes"))  # type: ignore[arg-type]

    async def _fetch(self, sql: str, values: Sequence[Any]) -> list[Sequence[Any]]:
        import asyncpg

        for number in range(1, len(values) + 1):
            sql = sql.replace("?", f"${number}", 1)
        connection = await asyncpg.connect(self._url)
        try:
            return [tuple(row) for row in await connection.fetch(sql, *values)]
        finally:
            await connection.close()

    def streams(self, organization: str) -> dict[str, list[dict[str, Any]]]:
        """Every event of an organisation, by stream, in order of seq."""
        rows = self.query(
            "SELECT stream, seq, payload FROM campfire_events WHERE org_id = ? "
            "ORDER BY stream, seq",
            organization,
        )
        found: dict[str, list[dict[str, Any]]] = {}
        for stream, seq, payload in rows:
            event = json.loads(payload)
            assert (event["stream"], event["seq"]) == (stream, seq)
            found.setdefault(stream, []).append(event)
        return found

    def heads(self, organization: str) -> dict[str, int]:
        rows = self.query(
            "SELECT stream, head FROM campfire_streams WHERE org_id = ? AND head > 0", organization
        )
        return {row[0]: row[1] for row in rows}

    def messages(self, organization: str) -> list[Sequence[Any]]:
        """``(message_id, client_key, conversation_id, visibility, seq, body)`` of each."""
        return self.query(
            "SELECT message_id, client_key, conversation_id, visibility, seq, body "
            "FROM campfire_messages WHERE org_id = ?",
            organization,
        )
