"""A bus without a server: a file beside the database, for the processes of one machine.

A message is a row. A thread asks every few milliseconds whether another connection has changed
the file (``PRAGMA data_version``, https://sqlite.org/pragma.html#pragma_data_version) and wakes
the event loop only then. The file also lists the listeners, so that a single process writes
nothing and looks less often. The file holds nothing that could be lost: it is written without
waiting for the disk, and created again when it is missing or damaged.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import secrets
import sqlite3
import threading
import time
from collections import deque
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

from campfire_chat.core.private_files import create_private
from campfire_chat.realtime.buses.backend import Backend

logger = logging.getLogger("campfire_chat.realtime")

#: Seconds between looks: while messages arrive, while none do, and while there is no other
#: listener.
BUSY_LOOK = 0.002
QUIET_LOOK = 0.01
ALONE_LOOK = 0.05
#: Seconds after the last message for which messages count as arriving.
BUSY_FOR = 1.0
#: Seconds between beats of a listener, and after which a listener without beats is gone.
BEAT = 5.0
LIFE = 15.0
#: Seconds between checks whether the open file is still the file of that name.
FILE_CHECK = 0.5
#: Seconds to wait for a lock of the file.
LOCK_TIMEOUT = 1.0
#: Rows read at a time, so that a process that was suspended does not read all at once.
PAGE = 500

_SCHEMA = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = OFF",
    "PRAGMA wal_autocheckpoint = 250",
    "PRAGMA journal_size_limit = 1048576",
    "CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, channel TEXT NOT NULL, "
    "node TEXT NOT NULL, message TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS listeners (node TEXT PRIMARY KEY, channel TEXT NOT NULL, "
    "beat REAL NOT NULL) WITHOUT ROWID",
)


class SQLiteBackend(Backend):
    """See the module."""

    # The thread knows whether it can read and write the file. A message to itself would wake
    # every process of the machine.
    canary: ClassVar[bool] = False

    def __init__(self, url: str) -> None:
        super().__init__()
        self._path = path_of(url)
        self._looker: _Looker | None = None

    async def open(self) -> None:
        """The file is opened by the thread, once there is a channel."""

    async def listen(self, channel: str) -> None:
        self._looker = _Looker(self, self._path, channel)
        await self._looker.begin()

    async def publish(self, channel: str, message: str) -> None:
        if self._looker is None:
            raise ConnectionError("there is no subscription yet")
        await self._looker.write(channel, message)

    async def close(self) -> None:
        if self._looker is not None:
            await self._looker.end()

    @property
    def alone(self) -> bool:
        return self._looker is not None and self._looker.alone

    def alive(self) -> bool:
        return self._looker is not None and self._looker.has_looked()


class _Looker:
    """The thread that owns the connection to the file, and the communication with it."""

    def __init__(self, backend: Backend, path: Path, channel: str) -> None:
        self._backend = backend
        self._path = path
        # Created once: pathlib interns every name, which fills a table of the interpreter when done
        # several times a second.
        self._files = [f"{path}{end}" for end in ("", "-wal", "-shm")]
        self._channel = channel
        self._node = secrets.token_hex(8)
        self._loop = asyncio.get_running_loop()
        self._outgoing: deque[tuple[str, str, asyncio.Future[None]]] = deque()
        self._wake = threading.Event()
        self._stopping = False
        self._looked = False
        self._started: asyncio.Future[None] = self._loop.create_future()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="campfire-bus-sqlite", daemon=True)
        # Used by the thread only.
        self._last = 0
        self._beaten_at = 0.0
        self._marks: deque[int] = deque([0, 0], maxlen=2)
        self.alone = False

    # In the event loop.

    async def begin(self) -> None:
        """Start, and return when it listens."""
        self._thread.start()
        await self._started

    async def write(self, channel: str, message: str) -> None:
        written: asyncio.Future[None] = self._loop.create_future()
        self._outgoing.append((channel, message, written))
        self._wake.set()
        if self._ended.done():
            raise ConnectionError("the bus file is closed")
        await written

    async def end(self) -> None:
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            await asyncio.shield(self._ended)
            self._thread.join()

    def has_looked(self) -> bool:
        looked, self._looked = self._looked, False
        return looked

    def _hand_over(self, messages: list[tuple[str, str]]) -> None:
        for channel, message in messages:
            self._backend.receive(channel, message)

    def _finish(self, error: Exception | None) -> None:
        """Handle the end of the thread."""
        if error is not None:
            self._backend.fail(error)
        if not self._started.done():
            # Reported through `fail`.
            self._started.set_result(None)
        while self._outgoing:
            _settle(self._outgoing.popleft()[2], error or ConnectionError("the bus is closed"))
        self._ended.set_result(None)

    # In the thread.

    def _run(self) -> None:
        failure: Exception | None = None
        try:
            with contextlib.closing(self._open()) as connection:
                self._serve(connection)
        except Exception as error:
            failure = error
            if _is_damaged(error):
                self._discard()
        # The event loop may have ended without a stop.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._finish, failure)

    def _open(self) -> sqlite3.Connection:
        deadline = time.monotonic() + LOCK_TIMEOUT
        while True:
            create_private(self._path)
            connection = sqlite3.connect(self._path, timeout=LOCK_TIMEOUT, isolation_level=None)
            try:
                for statement in _SCHEMA:
                    connection.execute(statement)
                self._last = _value(connection, "SELECT coalesce(max(id), 0) FROM messages")
                self._beat(connection)
            except sqlite3.OperationalError as error:
                connection.close()
                # Several processes may start at once, and SQLite does not wait for every lock.
                if not _is_locked(error) or time.monotonic() > deadline:
                    raise
                time.sleep(random.uniform(0.005, 0.05))  # noqa: S311
            except BaseException:
                connection.close()
                raise
            else:
                return connection

    def _serve(self, connection: sqlite3.Connection) -> None:
        identity = self._identity()
        version = -1
        checked_at = busy_at = time.monotonic()
        self._looked = True
        self._loop.call_soon_threadsafe(_settle, self._started, None)
        while not self._stopping:
            now = time.monotonic()
            if now - checked_at >= FILE_CHECK:
                checked_at = now
                if self._identity() != identity:
                    raise ConnectionError(f"{self._path} was removed or replaced")
            if now - self._beaten_at >= BEAT:
                self._beat(connection)
            if self._write_out(connection):
                busy_at = now
            found = _value(connection, "PRAGMA data_version")
            if found != version:
                version = found
                if self._read_in(connection):
                    busy_at = now
            self._looked = True
            if self.alone:
                pause = ALONE_LOOK
            else:
                pause = BUSY_LOOK if now - busy_at < BUSY_FOR else QUIET_LOOK
            self._wake.wait(pause)
            self._wake.clear()
        connection.execute("DELETE FROM listeners WHERE node = ?", (self._node,))

    def _identity(self) -> list[tuple[int, int]]:
        """Identifies the open files. With another file under the same name nothing would arrive."""
        found: list[tuple[int, int]] = []
        for file in self._files:
            try:
                stat = os.stat(file)  # noqa: PTH116
            except FileNotFoundError:
                found.append((0, 0))
            else:
                found.append((stat.st_dev, stat.st_ino))
        return found

    def _discard(self) -> None:
        logger.warning("%s is damaged and is created again", self._path)
        for file in self._files:
            with contextlib.suppress(OSError):
                Path(file).unlink(missing_ok=True)

    def _beat(self, connection: sqlite3.Connection) -> None:
        """Write a beat, delete listeners that are gone, and delete messages that all could read."""
        # A clock that all processes of the machine share, and that cannot be set.
        now = self._beaten_at = time.monotonic()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT OR REPLACE INTO listeners (node, channel, beat) VALUES (?, ?, ?)",
            (self._node, self._channel, now),
        )
        connection.execute("DELETE FROM listeners WHERE abs(beat - ?) > ?", (now, LIFE))
        # The newest row stays, so that its id is not used again.
        connection.execute(
            "DELETE FROM messages WHERE id <= ? AND id < (SELECT max(id) FROM messages)",
            (self._marks[0],),
        )
        self._marks.append(_value(connection, "SELECT coalesce(max(id), 0) FROM messages"))
        connection.execute("COMMIT")
        self._count(connection)

    def _count(self, connection: sqlite3.Connection) -> None:
        others = _value(
            connection,
            "SELECT count(*) FROM listeners WHERE node <> ? AND channel = ? AND abs(beat - ?) < ?",
            (self._node, self._channel, time.monotonic(), LIFE),
        )
        self.alone = others == 0

    def _write_out(self, connection: sqlite3.Connection) -> bool:
        wrote = False
        while self._outgoing:
            channel, message, written = self._outgoing.popleft()
            error: Exception | None = None
            try:
                connection.execute(
                    "INSERT INTO messages (channel, node, message) VALUES (?, ?, ?)",
                    (channel, self._node, message),
                )
            except Exception as caught:
                error = caught
                raise
            finally:
                self._loop.call_soon_threadsafe(_settle, written, error)
            wrote = True
        return wrote

    def _read_in(self, connection: sqlite3.Connection) -> bool:
        before = self._last
        while True:
            rows = connection.execute(
                "SELECT id, channel, node, message FROM messages WHERE id > ? ORDER BY id LIMIT ?",
                (self._last, PAGE),
            ).fetchall()
            if not rows:
                break
            self._last = rows[-1][0]
            messages = [
                (channel, message)
                for _, channel, node, message in rows
                if channel == self._channel and node != self._node
            ]
            if messages:
                self._loop.call_soon_threadsafe(self._hand_over, messages)
        self._count(connection)
        return self._last > before


def path_of(url: str) -> Path:
    """The file that the URL of an SQLite bus names."""
    return Path(unquote(url.partition(":///")[2].partition("?")[0]))


def _settle(future: asyncio.Future[None], error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)


def _value(connection: sqlite3.Connection, sql: str, values: tuple[object, ...] = ()) -> int:
    return connection.execute(sql, values).fetchone()[0]


def _code(error: Exception) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _is_locked(error: Exception) -> bool:
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _is_damaged(error: Exception) -> bool:
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
