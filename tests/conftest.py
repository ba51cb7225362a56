"""Engines, servers and people for every test; everything started here is stopped here."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings

from campfire_chat.features.presence import beats
from tests.support.buses import lent_nats, lent_redis
from tests.support.client import Client
from tests.support.clocks import in_no_hurry, limits_clock, patient_storage
from tests.support.engines import (
    EngineMissing,
    copy_sqlite,
    create_postgres_database,
    drop_postgres_database,
    postgres_server,
    run_apart,
)
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk, Person, close_everybody
from tests.support.servers import ThreadServer

#: With this in the environment nothing may be skipped.
IN_CI = os.environ.get("CI", "").lower() in ("true", "1")

ENGINES = ("sqlite", "postgresql")

#: What the shared servers run with: they look often, so that nothing has to be waited for. What
#: they do when somebody is late, such as closing a silent socket, is as slow as for a host: a busy
#: machine makes everybody late. Tests of it have servers of their own.
QUICK: dict[str, Any] = {
    "poll_interval": 0.2,
    "presence_beat": 1.0,
    "drain_on_signal": False,
}

__all__ = ["in_no_hurry", "limits_clock", "patient_storage"]

# A busy machine takes longer for the same example. No test is about how long one takes.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

#: What takes minutes, in the order in which it begins: no worker is to be alone with it in the end.
LONG = (
    "tests/faults/test_scenarios.py",
    "tests/package/test_tools.py",
    "tests/buses/test_other_drivers.py",
    "tests/browser/",
    "tests/contract/",
    "tests/buses/",
    "tests/hosts/",
    "tests/jobs/",
)

NewClient = Callable[..., "Client"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--screenshots",
        action="store_true",
        help="write the screenshots of the documentation anew, into docs/images",
    )
    parser.addoption(
        "--every-engine",
        action="store_true",
        help="run every test on every database, also what hardly depends on it",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes more than ten seconds")
    config.addinivalue_line("markers", "every_engine: a screen that is tried on every database")
    config.addinivalue_line("markers", "one_engine: no screen, and yet tried on SQLite alone")
    config.addinivalue_line("markers", "browser: runs in Chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first; within a file, and among the others, everything stays where it is."""

    def turn(item: pytest.Item) -> int:
        path = item.nodeid.partition("::")[0]
        return next((at for at, one in enumerate(LONG) if path.startswith(one)), len(LONG))

    items.sort(key=turn)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report: pytest.TestReport = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped in CI: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(postgres_server())
        except EngineMissing as missing:
            pytest.skip(f"PostgreSQL: {missing}")
        yield url


@pytest.fixture(scope="session")
def redis() -> Iterator[str]:
    """The URL of a Valkey or Redis server; tests keep apart by their channels."""
    yield from _lent(lent_redis(), "Valkey")


@pytest.fixture(scope="session")
def nats() -> Iterator[str]:
    """The URL of a NATS server; tests keep apart by their channels."""
    yield from _lent(lent_nats(), "NATS")


def _lent(server: AbstractContextManager[str], name: str) -> Iterator[str]:
    with ExitStack() as stack:
        try:
            url = stack.enter_context(server)
        except EngineMissing as missing:
            pytest.skip(f"{name}: {missing}")
        yield url


async def _migrate(url: str) -> None:
    # Without jobs and consumers: what they leave behind would be in the database of every test.
    campfire = campfire_for(url, drain_on_signal=False, work="elsewhere")
    async with campfire.lifespan():
        pass


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file; to be copied, not used."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    run_apart(_migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> Iterator[str]:
    """The name of a migrated database; to be copied, not used."""
    url = create_postgres_database(postgres)
    run_apart(_migrate(url))
    yield urlsplit(url).path.lstrip("/")
    drop_postgres_database(url, postgres)


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> str:
    """Every test that asks for it, directly or not, runs once per engine."""
    return request.param


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Screens see the database only through the API, which has its own tests on every engine. So
    does what is decided before the database is asked. `.ci/full` runs all of it on all of them."""
    if "engine" not in metafunc.fixturenames:
        return
    test = metafunc.definition
    on_one = "browser" in test.path.parts or test.get_closest_marker("one_engine") is not None
    marked = test.get_closest_marker("every_engine") is not None
    every = not on_one or marked or metafunc.config.getoption("--every-engine")
    engines = ENGINES if every else ENGINES[:1]
    metafunc.parametrize("engine", engines, indirect=True, scope="session")


@pytest.fixture
def empty_database_url(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """A database without any tables."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgres")
    url = create_postgres_database(server)
    yield url
    drop_postgres_database(url, server)


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database of the test's own."""
    if engine == "sqlite":
        yield copy_sqlite(request.getfixturevalue("sqlite_template"), tmp_path / "campfire.db")
        return
    server = request.getfixturevalue("postgres")
    url = create_postgres_database(server, template=request.getfixturevalue("postgres_template"))
    yield url
    drop_postgres_database(url, server)


@pytest.fixture(scope="session", autouse=True)
def patient_arrivals() -> Iterator[None]:
    """The hello of an agent waits until the agent's presence is written, as long as that takes:
    tests look at it right after the welcome."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(beats, "ARRIVAL_TIMEOUT", 60.0)
        yield


@pytest.fixture
def sqlite_database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database, for tests that are not about the engine."""
    return copy_sqlite(sqlite_template, tmp_path / "campfire.db")


@pytest.fixture
def postgres_database_url(postgres: str, postgres_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database, for tests of what only PostgreSQL does."""
    url = create_postgres_database(postgres, template=postgres_template)
    yield url
    drop_postgres_database(url, postgres)


@pytest.fixture(scope="session")
def shared_database_url(
    engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The database behind the shared server."""
    if engine == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        yield copy_sqlite(template, tmp_path_factory.mktemp("shared") / "campfire.db")
        return
    server = request.getfixturevalue("postgres")
    url = create_postgres_database(server, template=request.getfixturevalue("postgres_template"))
    yield url
    drop_postgres_database(url, server)


@pytest.fixture(scope="session")
def server(shared_database_url: str) -> Iterator[ThreadServer]:
    """A running host with the desk under ``/support``, one per engine for all tests.

    Organisations keep the tests apart: take people from ``desk``.
    """
    campfire = campfire_for(shared_database_url, allowed_origins=("https://shop.example",), **QUICK)
    with ThreadServer(host_app(campfire)) as running:
        running.campfire = campfire
        yield running


@pytest.fixture
def base(server: ThreadServer) -> str:
    """The address of the mount on the shared server."""
    return f"{server.url}{server.mount}"


@pytest.fixture
def desk(base: str) -> Desk:
    """A fresh organisation on the shared server."""
    return Desk(base)


@pytest.fixture
def stranger_desk(base: str) -> Desk:
    """Another organisation on the same server."""
    return Desk(base)


@pytest.fixture(autouse=True)
def everybody_goes_home() -> Iterator[None]:
    yield
    close_everybody()


@pytest.fixture
async def connect(anyio_backend: str) -> AsyncIterator[Callable[..., Any]]:
    """Connects people; the connections are closed after the test."""
    async with AsyncExitStack() as stack:

        async def connect(person: Person, *, hello: bool = True, **options: Any) -> Client:
            client = Client(person.base, person, **options)
            stack.push_async_callback(client.drop)
            await (client.connect() if hello else client.open())
            return client

        yield connect


@pytest.fixture
def in_thread() -> Callable[..., Any]:
    """Runs a blocking call beside the test's event loop."""
    return asyncio.to_thread
