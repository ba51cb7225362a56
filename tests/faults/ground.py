"""What a run stands on: a database of its own, and a bus."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.faults.scenario import Engine, Scenario, Setting, Size
from tests.support.buses import lent_nats, lent_redis
from tests.support.engines import (
    create_postgres_database,
    drop_postgres_database,
    postgres_server,
)
from tests.support.truth import Truth


class Ground:
    """Starts what is needed when it is first needed, and stops it at the end.

    Args:
        database: ``sqlite``, ``postgresql``, or the URL of a database to use: for PostgreSQL
            one on whose server databases may be created, for SQLite a file in whose folder
            the runs put theirs. None: every kind.
        bus: A kind of bus or the URL of one. None: every kind that a scenario asks for.
    """

    def __init__(self, *, database: str | None = None, bus: str | None = None) -> None:
        self._database = database
        self._bus = bus
        self._stack = contextlib.ExitStack()
        self._postgres: str | None = None
        self._scratch: Path | None = None
        self._buses: dict[str, str | None] = {
            # The file beside the database is what comes with it.
            **dict.fromkeys(("automatic", "own", "sqlite")),
            # Several processes that do not hear each other: only what is stored tells them.
            "memory": "memory://",
        }
        if bus is not None and "://" in bus:
            self._buses[_kind(bus)] = bus

    def __enter__(self) -> Ground:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def combinations(self, scenario: Scenario, size: Size) -> list[tuple[Engine, str]]:
        """The databases and buses that a scenario is to be run on."""
        engines = scenario.engines
        if self._database is not None:
            engines = tuple(item for item in engines if item == _kind(self._database))
        chosen = [
            (engine, bus)
            for engine in engines
            for bus in self._buses_for(scenario)
            # What comes with a database is for those who have it.
            if bus not in ("sqlite", "postgresql") or bus == engine or self._lent(bus)
        ]
        narrowed = self._database is not None or self._bus is not None
        if size is Size.SMALL and scenario.small is not None and not narrowed:
            return [where for where in chosen if where in scenario.small]
        return chosen

    def _buses_for(self, scenario: Scenario) -> tuple[str, ...]:
        if self._bus is None:
            return scenario.buses
        kind = _kind(self._bus)
        if kind == "automatic":
            comes_with_it = ("automatic", "sqlite", "postgresql", "own")
            return tuple(item for item in scenario.buses if item in comes_with_it)
        # A scenario that has its own bus has it whatever was asked for, and to one that takes
        # what comes with the database any other is as good.
        found = tuple(item for item in scenario.buses if item in (kind, "own"))
        return found or ((kind,) if "automatic" in scenario.buses else ())

    def _lent(self, bus: str) -> bool:
        """Whether it is a server that is there whatever the database."""
        return bus == "postgresql" and bus in self._buses

    @contextlib.contextmanager
    def setting(
        self, engine: Engine, bus: str, size: Size, *, seconds: float | None = None
    ) -> Iterator[Setting]:
        """A fresh database and a folder; gone afterwards."""
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=self._folder())))
            url = stack.enter_context(self._fresh(engine, folder))
            yield Setting(
                size=size,
                engine=engine,
                database_url=url,
                bus=bus,
                bus_url=self._bus_url(bus, url),
                folder=folder,
                seconds=seconds,
            )

    def _folder(self) -> Path:
        if self._scratch is None:
            given = self._database or ""
            parent = None
            if given.startswith("sqlite:///"):
                parent = Path(given.removeprefix("sqlite:///")).parent
            made = tempfile.TemporaryDirectory(prefix="campfire-faults-", dir=parent)
            self._scratch = Path(self._stack.enter_context(made))
        return self._scratch

    @contextlib.contextmanager
    def _fresh(self, engine: Engine, folder: Path) -> Iterator[str]:
        if engine == "sqlite":
            yield f"sqlite:///{folder / 'campfire.db'}"
            return
        server = self.postgres()
        url = create_postgres_database(server)
        try:
            yield url
        finally:
            drop_postgres_database(url, server)

    def described(self) -> list[tuple[str, str]]:
        """What the runs so far stood on, for the report."""
        found = [("SQLite's durability", "journal_mode WAL, synchronous FULL")]
        if self._postgres is not None:
            names = ("server_version", "fsync", "synchronous_commit", "full_page_writes")
            truth = Truth(self._postgres)
            values = {name: truth.query(f"SHOW {name}")[0][0] for name in names}
            version = values.pop("server_version")
            durability = ", ".join(f"{name} {value}" for name, value in values.items())
            found.append((f"PostgreSQL {version}", durability))
        return found

    def lend_postgres(self, url: str) -> None:
        """Use a server that somebody else has started."""
        self._postgres = url

    def postgres(self) -> str:
        """The URL of a PostgreSQL server that is as durable as a real one.

        Raises:
            EngineMissing: There is none.
        """
        if self._postgres is None:
            given = self._database
            if given is not None and "://" in given and _kind(given) == "postgresql":
                self._postgres = given
            else:
                self._postgres = self._stack.enter_context(postgres_server(durable=True))
        return self._postgres

    def _bus_url(self, bus: str, database_url: str) -> str | None:
        if bus == "postgresql":
            return self._buses.get(bus, database_url)
        if bus not in self._buses:
            servers = {"redis": lent_redis, "nats": lent_nats}
            self._buses[bus] = self._stack.enter_context(servers[bus]())
        return self._buses[bus]


def _kind(name: str) -> str:
    """The kind of database or bus that a name or URL means."""
    scheme = name.split("://")[0].split(":")[0].split("+")[0]
    return {"postgres": "postgresql", "rediss": "redis", "tls": "nats"}.get(scheme, scheme)
