"""The checks of ``campfire-chat doctor``: can the promises be kept in this installation?"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import platform
import re
import secrets
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from msgspec import Struct
from sqlalchemy import text

from campfire_chat.core.errors import CampfireError
from campfire_chat.core.private_files import readable_by_others
from campfire_chat.core.urls import redacted
from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.database.lanes import Lanes, Session
from campfire_chat.database.sqlite import path_of
from campfire_chat.http.application import STATIC
from campfire_chat.realtime.buses.backend import Backend, describe
from campfire_chat.realtime.buses.kinds import bus_for, kind_of
from campfire_chat.realtime.buses.sqlite import path_of as bus_path_of

#: The oldest versions that support all statements, such as RETURNING and upserts, and that are
#: still maintained.
MIN_SQLITE = (3, 35)
MIN_POSTGRESQL = (14,)
#: Seconds in which the bus has to answer.
BUS_TIMEOUT = 5.0


class Level(Enum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(Struct, frozen=True):
    """The result of one check. ``text`` says what was found and, if necessary, what to do."""

    level: Level
    text: str


async def examine(database_url: str | None, bus_url: str | None) -> list[Finding]:
    """Every check that applies, in a fixed order. Nothing is changed or created."""
    bus = await _bus(bus_url, database_url)
    findings = [_packages(), _bundle(), _websockets(), _speedups(), bus]
    if database_url is None:
        findings.append(_warn("no database given: pass --database or set CAMPFIRE_DATABASE_URL"))
        return findings
    return findings + await _database(database_url)


# The installation.


def _packages() -> Finding:
    names = ("campfire-chat", "starlette", "sqlalchemy", "databases", "broadcaster", "msgspec")
    versions = ", ".join(f"{name} {_version(name)}" for name in names)
    return _ok(f"Python {platform.python_version()}, {versions}")


def _bundle() -> Finding:
    wanted = (STATIC / "widget.js", STATIC / "console" / "index.html")
    missing = [path.relative_to(STATIC).as_posix() for path in wanted if not path.is_file()]
    if missing:
        return _fail(f"the browser bundle lacks {', '.join(missing)}; install the package again")
    return _ok("the browser bundle is there: widget and console")


def _websockets() -> Finding:
    if not importlib.util.find_spec("uvicorn"):
        return _warn("uvicorn is not installed; your ASGI server has to support WebSockets")
    for name in ("websockets", "wsproto"):
        if importlib.util.find_spec(name):
            return _ok(f"uvicorn {_version('uvicorn')} has a WebSocket library: {name}")
    return _fail(
        f"uvicorn {_version('uvicorn')} has no WebSocket library: pip install 'uvicorn[standard]'"
    )


def _speedups() -> Finding:
    found = [name for name in ("uvloop", "httptools") if importlib.util.find_spec(name)]
    if len(found) == 2:
        return _ok("uvloop and httptools are there")
    return _warn(
        "uvloop or httptools is missing: with --workers, uvicorn answers some 40 ms later without "
        "uvloop; pip install 'uvicorn[standard]'"
    )


async def _bus(url: str | None, database_url: str | None) -> Finding:
    if url is None:
        if database_url is None:
            return _ok("bus: none given, so it is the one that comes with the database")
        try:
            engine_of(database_url)
        except CampfireError:
            return _warn("bus: none given, and the database URL is refused (below)")
        url = bus_for(database_url)
    try:
        kind = kind_of(url)
    except CampfireError as error:
        return _fail(f"bus: {error}")
    if kind.name == "memory":
        return _ok("bus memory://, for one process; other processes find messages at the next poll")
    if kind.name == "sqlite":
        # The check must not create the file.
        shown = f"bus {redacted(url)}, a file for the processes of this machine"
        path = bus_path_of(url)
        return _bus_file(path, f"bus {redacted(url)}") or _private(path, shown) or _ok(shown)
    try:
        async with asyncio.timeout(BUS_TIMEOUT):
            await _echo(kind.make(url))
    except Exception as error:
        return _fail(f"bus {redacted(url)} cannot be reached: {describe(error)}")
    return _ok(f"bus {redacted(url)} works: a message that was sent there was received")


def _bus_file(path: Path, shown: str) -> Finding | None:
    """What keeps the file of a bus from working; None when nothing does.

    A file that is not there yet is created by the first start, if its folder is there.
    """
    folder = path.parent
    if not folder.is_dir():
        return _fail(f"{shown}: the folder {folder} does not exist")
    if not path.exists():
        if os.access(folder, os.W_OK | os.X_OK):
            return None
        return _fail(f"{shown}: the file does not exist, and {folder} cannot be written to")
    if not path.is_file():
        return _fail(f"{shown}: {path} is not a file")
    if not os.access(path, os.R_OK | os.W_OK):
        return _fail(f"{shown}: {path} cannot be read and written")
    return None


async def _echo(backend: Backend) -> None:
    """Send a message on a bus and receive it."""
    channel = f"campfire_doctor_{secrets.token_hex(8)}"
    try:
        await backend.connect()
        await backend.subscribe(channel)
        if backend.failed.done():
            raise ConnectionError(backend.failed.result())
        await backend.publish(channel, "hello")
        await backend.next_published()
    finally:
        await backend.disconnect()


# The database.


async def _database(url: str) -> list[Finding]:
    try:
        engine = engine_of(url)
    except CampfireError as error:
        return [_fail(f"database: {error}")]
    missing = _missing_file(url) if engine.name == "sqlite" else None
    if missing is not None:
        return [missing]
    lane = Lanes(url, engine, count=1, writable=True, limit=10)
    try:
        await lane.start()
    except CampfireError as error:
        return [_fail(str(error))]
    try:
        look = _sqlite if engine.name == "sqlite" else _postgresql
        findings = await lane.run(look)
        if engine.name == "sqlite":
            path = path_of(url)
            findings.append(
                _private(path, f"{path}") or _ok(f"{path} may be read by its owner alone")
            )
        return [*findings, await lane.run(_schema)]
    except CampfireError as error:
        return [_fail(f"{redacted(url)}: {error}")]
    finally:
        await lane.stop()


def _missing_file(url: str) -> Finding | None:
    """Connecting would create the database, and a check must not."""
    path = path_of(url)
    if path.is_file():
        return None
    if path.parent.is_dir():
        return _warn(f"{path} does not exist yet; the first start creates it")
    return _fail(f"{path} does not exist, and neither does its directory")


def _private(path: Path, what: str) -> Finding | None:
    """What is wrong with who may read a database file, if anything."""
    names = " ".join(str(file) for file in readable_by_others(path))
    if not names:
        return None
    return _warn(f"{what}: other users of this machine may read it; run `chmod 600 {names}`")


async def _sqlite(session: Session) -> list[Finding]:
    found = await _value(session, "SELECT sqlite_version() AS value")
    journal = await _value(session, "SELECT journal_mode AS value FROM pragma_journal_mode")
    synchronous = await _value(session, "SELECT synchronous AS value FROM pragma_synchronous")
    names = {"0": "OFF", "1": "NORMAL", "2": "FULL", "3": "EXTRA"}
    return [
        _engine("SQLite", found, MIN_SQLITE),
        _expect(
            journal == "wal",
            f"journal_mode is {journal}",
            "it cannot be set to wal; is the file on a network disk?",
        ),
        _expect(
            synchronous in ("2", "3"),
            f"synchronous is {names.get(synchronous, synchronous)}",
            "an acknowledged message may be lost when the power fails",
        ),
    ]


async def _postgresql(session: Session) -> list[Finding]:
    findings = [_engine("PostgreSQL", await _value(session, "SHOW server_version"), MIN_POSTGRESQL)]
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        value = await _value(session, f"SHOW {name}")
        findings.append(
            _expect(
                value not in ("off", "local"),
                f"{name} is {value}",
                "an acknowledged message may be lost in a crash",
            )
        )
    return findings


async def _schema(session: Session) -> Finding:
    wanted = schema.head()
    current = await schema.revision(session)
    if current == wanted:
        return _ok(f"the schema is at {current}, as this version needs it")
    if current is None:
        return _warn("there is no schema yet; the first start or `migrate` creates it")
    if await schema.welcomes(session, current):
        return _warn(f"the schema is at {current}, of a newer version; this one works with it")
    return _fail(f"the schema is at {current}, this version needs {wanted}: run `migrate`")


async def _value(session: Session, query: str) -> str:
    row = await session.first(text(query))
    return "" if row is None else str(next(iter(row.values())))


def _engine(name: str, found: str, minimum: tuple[int, ...]) -> Finding:
    numbers = tuple(int(number) for number in re.findall(r"\d+", found.partition(" ")[0]))
    wanted = ".".join(map(str, minimum))
    return _expect(numbers >= minimum, f"{name} {found}", f"version {wanted} or later is needed")


# Findings.


def _expect(good: bool, what: str, otherwise: str) -> Finding:
    return _ok(what) if good else _fail(f"{what}: {otherwise}")


def _ok(what: str) -> Finding:
    return Finding(Level.OK, what)


def _warn(what: str) -> Finding:
    return Finding(Level.WARN, what)


def _fail(what: str) -> Finding:
    return Finding(Level.FAIL, what)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(unknown version)"
