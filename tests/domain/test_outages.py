"""Which errors of a host say that something is away, with the real drivers' classes."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path

import asyncpg
import pytest
import redis.exceptions
import sqlalchemy.exc

from campfire_chat.core.outages import is_outage


def sqlite_error(statement: str, path: str = ":memory:") -> sqlite3.Error:
    try:
        connection = sqlite3.connect(path)
        try:
            connection.execute(statement)
        finally:
            connection.close()
    except sqlite3.Error as error:
        return error
    raise AssertionError("it worked")


def wrapped(error: BaseException, outer: BaseException) -> BaseException:
    try:
        raise outer from error
    except BaseException as raised:
        return raised


class ServerSelectionTimeoutError(TimeoutError):
    """As pymongo names it."""


class PsycopgError(Exception):
    """As psycopg's: its state says what happened."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


class Psycopg2Error(Exception):
    def __init__(self, pgcode: str) -> None:
        self.pgcode = pgcode


BROKEN = ConnectionResetError(104, "Connection reset by peer")
MISSING = sqlite_error("SELECT * FROM users")
AWAY = sqlite_error("SELECT 1", "/no/such/folder/users.db")

OUTAGES = [
    BROKEN,
    ConnectionRefusedError(111, "Connect call failed"),
    TimeoutError(),
    socket.gaierror(-3, "Temporary failure in name resolution"),
    OSError("Multiple exceptions: [Errno 111] Connect call failed, [Errno 99] Cannot assign"),
    AWAY,
    asyncpg.CannotConnectNowError("the database system is starting up"),
    asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
    asyncpg.TooManyConnectionsError("sorry, too many clients already"),
    asyncpg.AdminShutdownError("terminating connection"),
    asyncpg.InterfaceError("connection is closed"),
    sqlalchemy.exc.OperationalError("SELECT 1", {}, BROKEN),
    sqlalchemy.exc.OperationalError("SELECT 1", {}, AWAY),
    sqlalchemy.exc.InterfaceError("SELECT 1", {}, asyncpg.InterfaceError("closed")),
    sqlalchemy.exc.TimeoutError("QueuePool limit of size 5 overflow 10 reached"),
    sqlalchemy.exc.DBAPIError("SELECT 1", {}, PsycopgError("57P01")),
    redis.exceptions.ConnectionError("Error 111 connecting"),
    redis.exceptions.BusyLoadingError("loading the dataset"),
    redis.exceptions.TimeoutError("Timeout reading from socket"),
    ServerSelectionTimeoutError(),
    PsycopgError("08006"),
    Psycopg2Error("57P03"),
    wrapped(BROKEN, RuntimeError("the user could not be loaded")),
    wrapped(asyncpg.CannotConnectNowError("x"), LookupError("no user")),
    ExceptionGroup("pool", [BROKEN, TimeoutError()]),
]
MISTAKES = [
    KeyError("user"),
    AttributeError("'NoneType' object has no attribute 'name'"),
    ValueError("bad cookie"),
    AssertionError("SessionMiddleware must be installed to access request.session"),
    MISSING,
    sqlite_error("SELEKT 1"),
    sqlalchemy.exc.OperationalError("SELECT * FROM users", {}, MISSING),
    sqlalchemy.exc.ProgrammingError("SELECT", {}, asyncpg.UndefinedTableError("users")),
    asyncpg.UndefinedTableError("users"),
    asyncpg.InvalidPasswordError("password authentication failed"),
    PsycopgError("42P01"),
    wrapped(KeyError("user"), RuntimeError("no user")),
    ExceptionGroup("some", [BROKEN, KeyError("user")]),
]


@pytest.mark.parametrize("error", OUTAGES, ids=repr)
def test_an_outage(error: BaseException) -> None:
    assert is_outage(error)


@pytest.mark.parametrize("error", MISTAKES, ids=repr)
def test_a_mistake(error: BaseException) -> None:
    assert not is_outage(error)


def test_a_locked_sqlite_is_an_outage(tmp_path: Path) -> None:
    path = tmp_path / "users.db"
    one, two = (sqlite3.connect(path, timeout=0, isolation_level=None) for _ in range(2))
    one.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError) as caught:
        two.execute("BEGIN IMMEDIATE")
    one.close()
    two.close()
    assert is_outage(caught.value)


def test_a_chain_that_bites_its_tail_ends() -> None:
    one, two = KeyError("one"), KeyError("two")
    one.__cause__, two.__cause__ = two, one
    assert not is_outage(one)
