"""python-socketio with a room per conversation, and SQLAlchemy where messages are stored."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import socketio
from sqlalchemy import event
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.benchmarks.peers import DATABASE


class Base(DeclarativeBase):
    pass


class Message(Base):
    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    room: Mapped[str]
    client_id: Mapped[str]
    body: Mapped[str]
    at: Mapped[float]


def unstored() -> Any:
    """Rooms alone."""
    server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")

    @server.event
    async def join(sid: str, room: str) -> None:
        await server.enter_room(sid, room)

    @server.event
    async def message(sid: str, data: dict[str, Any]) -> None:
        await server.emit("message", data, room=data["room"])

    return socketio.ASGIApp(server)


def stored() -> Any:
    """A session and a commit for each message, as SQLAlchemy's documentation shows it.

    SQLite has a write-ahead log, connections that are kept, and one writer at a time.
    """
    url = os.environ[DATABASE]
    url = url.replace("sqlite://", "sqlite+aiosqlite://")
    url = url.replace("postgresql://", "postgresql+asyncpg://")
    sqlite = url.startswith("sqlite")
    engine = create_async_engine(url)
    if sqlite:

        @event.listens_for(engine.sync_engine, "connect")
        def _(connection: Any, _: Any) -> None:
            connection.execute("PRAGMA journal_mode=WAL")

    sessions = async_sessionmaker(engine, expire_on_commit=False)
    writing: AbstractAsyncContextManager[Any] = asyncio.Lock() if sqlite else nullcontext()
    server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")

    async def create() -> None:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    @server.event
    async def join(sid: str, room: str) -> None:
        await server.enter_room(sid, room)

    @server.event
    async def message(sid: str, data: dict[str, Any]) -> None:
        async with writing, sessions() as session:
            session.add(
                Message(
                    room=data["room"],
                    client_id=data["client_id"],
                    body=data["body"],
                    at=time.time(),
                )
            )
            await session.commit()
        await server.emit("message", data, room=data["room"])

    return socketio.ASGIApp(server, on_startup=create, on_shutdown=engine.dispose)
