"""The differences between databases: everything that an engine has to implement."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Table, TableValuedAlias
from sqlalchemy.engine import Dialect as CoreDialect

from campfire_chat.database.prepared import Prepared, Row


class Failure(Enum):
    """How to react to an exception of the engine."""

    CONNECTION = "connection"  # the connection is broken; a new one may work
    CONFLICT = "conflict"  # a conflict with another transaction; repeat
    UNAVAILABLE = "unavailable"  # disk full, read-only, …: repeat later
    STATEMENT = "statement"  # this statement is wrong; repeating is useless


class Commit:
    """Writes in one transaction, done only if the state that they are based on is still current.

    Args:
        version: The value of :meth:`Engine.version` when that state was read.
        locks: Queries that lock aggregates, and the heads that they must find of each.
        writes: The statements to run.
        closing: Statements that write the events of the inboxes, right before the end, and return
            the heads, by organisation.
        after: A commit that this one builds on. If that one was not done, this one is not done.

    Attributes:
        done: Whether it was committed.
        stale: The aggregates to which other processes have written, as far as that is known.
        heads: The heads of the inboxes after ``closing``, by organisation.
    """

    __slots__ = ("after", "closing", "done", "heads", "locks", "stale", "version", "writes")

    def __init__(
        self,
        *,
        version: int,
        locks: Sequence[tuple[Prepared, dict[str, tuple[int, ...]]]] = (),
        writes: Sequence[Prepared],
        closing: Sequence[tuple[str, Prepared]] = (),
        after: Commit | None = None,
    ) -> None:
        self.version = version
        self.locks = locks
        self.writes = writes
        self.closing = closing
        self.after = after
        self.done = False
        self.stale: list[str] = []
        self.heads: dict[str, int] = {}


class Route(NamedTuple):
    """One way to reach a database: the arguments of ``databases.Database``."""

    url: str
    options: dict[str, Any]


class Engine(ABC):
    """One kind of database.

    Attributes:
        core: SQLAlchemy's dialect.
        begin: The statement that begins a writing transaction.
        lock_rows: Whether single rows are locked. If not, a writer locks the whole database.
        takes_sets: Whether one statement stores many rows. If not, it runs once for each row.
        tells_changes: Whether :attr:`version` changes with every commit of another connection.
        version: A query for that number, to run inside a transaction. None if it cannot be told.
        depth: Number of commits that may be passed on without waiting for the first of them.
    """

    name: str
    core: CoreDialect
    begin: str
    lock_rows: bool
    takes_sets: bool
    tells_changes: bool
    version: Prepared | None = None
    depth: int

    @abstractmethod
    def routes(self, url: str, *, writable: bool) -> list[Route]:
        """The ways to reach the database that ``url`` names, in the order of trying."""

    @abstractmethod
    def check(self, url: str, *, writable: bool) -> None:
        """Check what can be checked before connecting.

        Raises:
            StorageUnavailableError: The database cannot be opened.
        """

    @abstractmethod
    def setup(self, *, writable: bool) -> list[str]:
        """The statements that a new connection runs first."""

    @abstractmethod
    def upsert(self, table: Table) -> Any:
        """An INSERT that supports ON CONFLICT."""

    def select_rows(self, columns: Sequence[ColumnElement[Any]]) -> Any:
        """A SELECT of the rows that are passed as parameters; see :meth:`rows_values`."""
        raise NotImplementedError(f"{self.name} takes rows one by one")

    def rows_values(self, names: Sequence[str], rows: Sequence[Row]) -> Mapping[str, Any]:
        """Rows as the parameters of :meth:`select_rows`, by their names.

        Args:
            names: The names of the columns.
        """
        raise NotImplementedError(f"{self.name} takes rows one by one")

    @abstractmethod
    def among(
        self, organization: ColumnElement[str], what: ColumnElement[str], parameter: str
    ) -> ColumnElement[bool]:
        """Whether ``organization`` is the parameter ``org_id`` and ``what`` is one of a list.

        The list is one parameter, so that the SQL text stays the same however long it is.
        """

    @abstractmethod
    def each(self, parameter: str) -> TableValuedAlias:
        """The values of a list parameter, as rows with a column ``value``."""

    @abstractmethod
    def elements(self, texts: ColumnElement[Any]) -> TableValuedAlias:
        """The texts of a JSON list in a column, as rows with a column ``value``."""

    @abstractmethod
    def list_value(self, values: Sequence[str]) -> Any:
        """A list as the parameter of :meth:`among` and :meth:`each`."""

    @abstractmethod
    def each_span(self, parameter: str) -> FromClause:
        """The spans of a parameter, as rows with the columns ``name``, ``first`` and ``last``."""

    @abstractmethod
    def spans_value(self, spans: Sequence[tuple[str, int, int]]) -> Any:
        """Spans as the parameter of :meth:`each_span`: each a name, and a first and a last
        number."""

    @abstractmethod
    def classify(self, error: BaseException) -> Failure: ...

    def usable_after(self, error: BaseException) -> bool:
        """Whether the connection can still be used after this error."""
        return isinstance(error, Exception) and self.classify(error) in (
            Failure.CONFLICT,
            Failure.STATEMENT,
        )

    @abstractmethod
    async def run(self, raw: Any, step: Prepared) -> Sequence[Row]:
        """Run one statement and return its rows."""

    async def run_all(self, raw: Any, steps: Sequence[Prepared]) -> list[Sequence[Row]]:
        """Run statements in order until one fails, and return the rows of each."""
        return [await self.run(raw, step) for step in steps]

    async def write_all(
        self, raw: Any, steps: Sequence[Prepared], closing: Sequence[tuple[str, Prepared]] = ()
    ) -> dict[str, int]:
        """Run writes that do not depend on each other, and then ``closing``.

        Args:
            closing: The statements that write the events of the inboxes, by organisation.

        Returns:
            The heads of these inboxes.
        """
        await self.run_all(raw, steps)
        heads: dict[str, int] = {}
        for organization, step in closing:
            ((heads[organization],),) = await self.run(raw, step)
        return heads

    @abstractmethod
    async def commit(self, raw: Any, commit: Commit) -> None:
        """Do a commit. ``commit.done`` says whether it was done; if not, nothing was written."""

    @abstractmethod
    def in_transaction(self, raw: Any) -> bool: ...

    @abstractmethod
    async def leave(self, raw: Any) -> None:
        """Close a connection in any state, without waiting long for the server."""
