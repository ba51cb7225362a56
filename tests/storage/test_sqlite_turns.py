"""Transactions of several SQLite connections take turns."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from campfire_chat.database import sqlite as module
from campfire_chat.database.sqlite import Connection


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "campfire.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE notes (note)")
    return path


def connect(path: Path) -> Connection:
    return sqlite3.connect(
        path, timeout=5, isolation_level=None, factory=Connection, check_same_thread=False
    )


def timeout_of(connection: Connection) -> int:
    ((found,),) = connection.execute("PRAGMA busy_timeout").fetchall()
    return found


def test_a_transaction_begins_when_the_other_one_has_ended(path: Path) -> None:
    first, second = connect(path), connect(path)
    first.begin()
    first.execute("INSERT INTO notes VALUES ('first')")
    began = threading.Event()

    def write() -> None:
        second.begin()
        began.set()
        second.execute("INSERT INTO notes VALUES ('second')")
        second.execute("COMMIT")

    writer = threading.Thread(target=write)
    writer.start()
    # Many tries, none of which it may win.
    assert not began.wait(0.1)
    first.execute("COMMIT")
    writer.join(timeout=30)
    assert first.execute("SELECT note FROM notes").fetchall() == [("first",), ("second",)]
    assert timeout_of(second) == 5000


def test_a_lock_that_is_never_released_is_an_error(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = connect(path), connect(path)
    first.begin()
    monkeypatch.setattr(module, "_PATIENCE", 50)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        second.begin()
    assert not second.in_transaction
    # What is no BEGIN waits in SQLite itself.
    assert timeout_of(second) == 50
    first.execute("ROLLBACK")
    second.begin()
    assert second.in_transaction


def test_an_error_that_is_no_lock_is_raised_at_once(path: Path) -> None:
    connection = connect(path)
    connection.begin()
    with pytest.raises(sqlite3.OperationalError, match="within a transaction"):
        connection.begin()
    assert timeout_of(connection) == 5000
