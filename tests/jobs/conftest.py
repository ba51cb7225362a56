"""Storages of processes on one database, whose clock a test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from campfire_chat.core import clock
from campfire_chat.settings import Settings
from tests.support.store import Store


class Watch:
    """A wall clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = clock.now()

    def __call__(self) -> int:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += int(seconds * clock.SECOND)


@pytest.fixture
def watch() -> Watch:
    return Watch()


OpenStore = Callable[[], Awaitable[Store]]


@pytest.fixture
async def open_store(database_url: str, watch: Watch) -> AsyncIterator[OpenStore]:
    """Each is what a process has of the database."""
    async with AsyncExitStack() as stack:

        async def open_store() -> Store:
            store = Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=watch)
            await store.start()
            stack.push_async_callback(store.stop)
            return store

        yield open_store


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store()
