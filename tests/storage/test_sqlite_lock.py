"""How a connection waits for SQLite's write lock."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from campfire_chat.database.sqlite import Connection, SQLiteEngine
from tests.support.servers import eventually

Connect = Callable[[], Connection]


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """Opens a connection as the desk does, on one file."""
    url = f"sqlite:///{tmp_path / 'lock.db'}"
    engine = SQLiteEngine()
    (route,) = engine.routes(url, writable=True)
    with ExitStack() as stack:

        def connect() -> Connection:
            connection = sqlite3.connect(
                tmp_path / "lock.db",
                isolation_level=None,
                check_same_thread=False,
                **route.options,
            )
            stack.enter_context(closing(connection))
            for statement in engine.setup(writable=True):
                connection.execute(statement)
            # How long a disk takes is nothing that these tests are about.
            connection.execute("PRAGMA synchronous = OFF")
            assert isinstance(connection, Connection)
            return connection

        yield connect


def test_who_waits_looks_again_and_again(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite alone would look only every 100 ms after a while, and hardly ever find a lock free
    that another process takes again at once."""
    monkeypatch.setattr("campfire_chat.database.sqlite._ROUNDS", 10_000)
    holder, waiter = connect(), connect()
    began: list[str] = []
    waiter.set_trace_callback(began.append)
    holder.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(waiter.execute, "BEGIN IMMEDIATE")
        eventually(lambda: len(began) > 5)
        assert not waiting.done()
        holder.execute("COMMIT")
        waiting.result()
    assert waiter.in_transaction
    assert set(began) == {"BEGIN IMMEDIATE"}


def test_it_does_not_wait_for_ever(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campfire_chat.database.sqlite._ROUNDS", 3)
    holder, waiter = connect(), connect()
    holder.execute("BEGIN IMMEDIATE")
    began: list[str] = []
    waiter.set_trace_callback(began.append)
    with pytest.raises(sqlite3.OperationalError, match="database is locked"):
        waiter.execute("BEGIN IMMEDIATE")
    assert len(began) == 3
    holder.execute("COMMIT")
    waiter.execute("BEGIN IMMEDIATE")


def test_what_waiting_cannot_mend_fails_at_once(connect: Connect) -> None:
    """A transaction that has read what is old by now may never write, however long it waits."""
    late, other = connect(), connect()
    late.execute("CREATE TABLE t (a)")
    late.execute("BEGIN")
    late.execute("SELECT * FROM t").fetchall()
    other.execute("INSERT INTO t VALUES (1)")
    began: list[str] = []
    late.set_trace_callback(began.append)
    with pytest.raises(sqlite3.OperationalError) as refused:
        late.execute("INSERT INTO t VALUES (2)")
    assert refused.value.sqlite_errorcode == sqlite3.SQLITE_BUSY_SNAPSHOT
    assert len(began) == 1


def test_many_writers_get_their_turn(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campfire_chat.database.sqlite._ROUNDS", 10_000)
    setup = connect()
    setup.execute("CREATE TABLE t (writer, turn)")
    start = threading.Barrier(4)

    def write(writer: int) -> None:
        connection = connect()
        start.wait()
        for turn in range(50):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO t VALUES (?, ?)", (writer, turn))
            connection.execute("COMMIT")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    written = setup.execute("SELECT writer, turn FROM t ORDER BY rowid").fetchall()
    assert len(written) == 200
    for writer in range(4):
        assert [turn for who, turn in written if who == writer] == list(range(50))
