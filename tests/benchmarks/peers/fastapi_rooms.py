"""FastAPI with broadcaster, and ``databases`` where messages are stored."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from broadcaster import Broadcast
from databases import Database
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from tests.benchmarks.peers import DATABASE, REDIS

CREATE = (
    "CREATE TABLE IF NOT EXISTS messages (id {key}, room TEXT NOT NULL, client_id TEXT NOT NULL, "
    "body TEXT NOT NULL, at DOUBLE PRECISION NOT NULL)"
)
INSERT = "INSERT INTO messages (room, client_id, body, at) VALUES (:room, :client_id, :body, :at)"


def _app(*, stored: bool, tuned: bool = False) -> Any:
    """
    Args:
        stored: Whether a message is in the database before it is shown.
        tuned: SQLite with a write-ahead log and one connection that is kept. Without, it is as the
            documentation of ``databases`` has it, which opens SQLite for every statement.
    """
    broadcast = Broadcast(os.environ.get(REDIS, "memory://"))
    url = os.environ.get(DATABASE, "sqlite:///benchmark.db")
    sqlite = url.startswith("sqlite")
    database = Database(url, **({"timeout": 30} if sqlite else {}))
    # SQLite has one writer. Without the lock most of the concurrent sends fail as "locked".
    writing: AbstractAsyncContextManager[Any] = asyncio.Lock() if sqlite else nullcontext()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            if stored:
                await stack.enter_async_context(database)
                app.state.database = database
                if tuned:
                    # Kept in the file; synchronous is FULL by default.
                    await database.execute("PRAGMA journal_mode=WAL")
                    connection = await stack.enter_async_context(database.connection())
                    app.state.database = connection
                key = "INTEGER PRIMARY KEY AUTOINCREMENT" if sqlite else "BIGSERIAL PRIMARY KEY"
                await database.execute(CREATE.format(key=key))
            await stack.enter_async_context(broadcast)
            # With redis-py 8 broadcaster hears nothing after its first subscription until there
            # is another one; two that stay make it hear from then on.
            for channel in ("first", "second"):
                await stack.enter_async_context(broadcast.subscribe(channel))
            yield

    app = FastAPI(lifespan=lifespan)

    @app.websocket("/rooms/{room}")
    async def endpoint(websocket: WebSocket, room: str) -> None:
        await websocket.accept()
        async with broadcast.subscribe(channel=room) as subscriber:

            async def show() -> None:
                with contextlib.suppress(WebSocketDisconnect):
                    async for event in subscriber:
                        await websocket.send_text(event.message)

            showing = asyncio.create_task(show())
            try:
                while True:
                    text = await websocket.receive_text()
                    if stored:
                        message = json.loads(text)
                        values = {
                            "room": room,
                            "client_id": message["client_id"],
                            "body": message["body"],
                            "at": time.time(),
                        }
                        async with writing:
                            await app.state.database.execute(INSERT, values)
                    await broadcast.publish(channel=room, message=text)
            except (WebSocketDisconnect, RuntimeError):
                showing.cancel()

    return app


def unstored() -> Any:
    return _app(stored=False)


def stored() -> Any:
    return _app(stored=True)


def tuned() -> Any:
    return _app(stored=True, tuned=True)
