"""The servers that ours is measured against, written as their own documentation shows it.

``uvicorn tests.benchmarks.peers:<name>``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator
from typing import Any

import socketio
from broadcaster import Broadcast
from databases import Database
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

#: SQLite file of the durable peer.
DATABASE = "CAMPFIRE_BENCHMARK_DATABASE"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Bare ASGI: what the server and the load generator can do at most."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        await send({"type": "websocket.send", "text": message["text"]})


def _durable(*, tuned: bool) -> Any:
    """FastAPI, broadcaster in memory, every message stored by ``databases`` before it is shown.

    Args:
        tuned: Write-ahead log and one connection that is kept. Without, it is as the
            documentation of ``databases`` has it, which opens SQLite for every statement.
    """
    broadcast = Broadcast("memory://")
    database = Database(f"sqlite:///{os.environ.get(DATABASE, 'benchmark.db')}", timeout=30)
    # SQLite has one writer. Without the lock most of the concurrent sends fail as "locked".
    writing = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await database.connect()
        app.state.database = database
        if tuned:
            # Kept in the file; synchronous is FULL by default.
            await database.execute("PRAGMA journal_mode=WAL")
        await database.execute(
            "CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, room TEXT NOT NULL, "
            "client_id TEXT NOT NULL, body TEXT NOT NULL, at REAL NOT NULL)"
        )
        await broadcast.connect()
        async with contextlib.AsyncExitStack() as stack:
            if tuned:
                app.state.database = await stack.enter_async_context(database.connection())
            yield
        await broadcast.disconnect()
        await database.disconnect()

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
                    message = json.loads(text)
                    async with writing:
                        await app.state.database.execute(
                            "INSERT INTO messages (room, client_id, body, at) "
                            "VALUES (:room, :client_id, :body, :at)",
                            {
                                "room": room,
                                "client_id": message["client_id"],
                                "body": message["body"],
                                "at": time.time(),
                            },
                        )
                    await broadcast.publish(channel=room, message=text)
            except (WebSocketDisconnect, RuntimeError):
                showing.cancel()

    return app


def _rooms() -> Any:
    """python-socketio with a room per conversation; nothing is stored."""
    server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")

    @server.event
    async def join(sid: str, room: str) -> None:
        await server.enter_room(sid, room)

    @server.event
    async def message(sid: str, data: dict[str, Any]) -> None:
        await server.emit("message", data, room=data["room"])

    return socketio.ASGIApp(server)


durable = _durable(tuned=False)
tuned = _durable(tuned=True)
rooms = _rooms()
