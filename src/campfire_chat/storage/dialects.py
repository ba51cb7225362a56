"""Where the engines differ, and nowhere else: what a kind of database has to answer for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, TableValuedAlias
from sqlalchemy.engine import Dialect as CoreDialect

from campfire_chat.storage.statement import Prepared, Row


class Failure(Enum):
    """What can be done about an exception of the engine."""

    CONNECTION = "connection"  # the connection is gone; a new one may work
    CONFLICT = "conflict"  # another transaction was in the way; repeat
    UNAVAILABLE = "unavailable"  # disk full, read-only, …: repeat later
    STATEMENT = "statement"  # this statement is wrong; repeating is useless


class Commit:
    """Writes in a transaction of their own, done only if what they are based on still stands.

    Args:
        version: What :meth:`Engine.version` said when that was read.
        locks: Queries that lock conversations, and the heads that they must find of each: its own
            and that of its notes.
        writes: What is to be written.
        closing: What gives the inboxes their events, right before the end, and returns their heads;
            by organisation.
        after: A commit that this one builds on; if that was not done, nor is this.

    Attributes:
        done: Whether it was committed.
        stale: The conversations that others have added to meanwhile, as far as that is known.
        heads: Of the inboxes, after ``closing``, by organisation.
    """

    __slots__ = ("after", "closing", "done", "heads", "locks", "stale", "version", "writes")

    def __init__(
        self,
        *,
        version: int,
        locks: Sequence[tuple[Prepared, dict[str, tuple[int, int]]]] = (),
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
    """One way to a database: what ``databases.Database`` is given."""

    url: str
    options: dict[str, Any]


class Engine(ABC):
    """One kind of database.

    Attributes:
        core: SQLAlchemy's dialect for it.
        begin: What begins a transaction that is going to write.
        lock_rows: Whether rows are locked one by one; else a writer has the database to itself.
        takes_columns: Whether many rows are handed over as one list a column, and stored by one
            statement; else the statement is run once a row.
        tells_changes: Whether :meth:`version` can tell.
        depth: Commits that may be handed over one after the other without waiting for the first.
    """

    name: str
    core: CoreDialect
    begin: str
    lock_rows: bool
    takes_columns: bool
    tells_changes: bool
    depth: int

    @abstractmethod
    def routes(self, url: str, *, writable: bool) -> list[Route]:
        """The ways to the database that ``url`` names, in the order in which they are tried."""

    @abstractmethod
    def check(self, url: str, *, writable: bool) -> None:
        """Look at what can be seen of the database before it is connected to.

        Raises:
            StorageUnavailableError: It cannot be there.
        """

    @abstractmethod
    def setup(self, *, writable: bool) -> list[str]:
        """What a fresh connection runs first."""

    @abstractmethod
    def upsert(self, table: Table) -> Any:
        """An INSERT that can say ON CONFLICT."""

    def select_rows(self, table: Table) -> Any:
        """A SELECT of the rows of a table that are handed over as columns."""
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
        """The values of a list that is one parameter, as rows with a column ``value``."""

    @abstractmethod
    def list_value(self, values: Sequence[str]) -> Any:
        """A list as the parameter of :meth:`among` and :meth:`each`."""

    @abstractmethod
    def classify(self, error: BaseException) -> Failure: ...

    def usable_after(self, error: BaseException) -> bool:
        """Whether an error says nothing against the connection on which it came up."""
        return isinstance(error, Exception) and self.classify(error) in (
            Failure.CONFLICT,
            Failure.STATEMENT,
        )

    @abstractmethod
    async def run(self, raw: Any, step: Prepared) -> Sequence[Row]:
        """Run one statement and return its rows."""

    async def run_all(self, raw: Any, steps: Sequence[Prepared]) -> list[Sequence[Row]]:
        """Run statements in order, up to the first that fails, and return the rows of each."""
        return [await self.run(raw, step) for step in steps]

    async def write_all(
        self, raw: Any, steps: Sequence[Prepared], closing: Sequence[tuple[str, Prepared]] = ()
    ) -> dict[str, int]:
        """Run writes that do not depend on each other, and what closes the transaction.

        Args:
            closing: What gives the inboxes their events, by organisation.

        Returns:
            The heads of these inboxes.
        """
        await self.run_all(raw, steps)
        heads: dict[str, int] = {}
        for organization, step in closing:
            ((heads[organization],),) = await self.run(raw, step)
        return heads

    @abstractmethod
    async def version(self, raw: Any) -> int:
        """A number that is another one once somebody else has changed the database; it may stay
        the same on an engine that cannot tell. To be asked inside a transaction."""

    @abstractmethod
    async def commit(self, raw: Any, commit: Commit) -> None:
        """Do a commit, and say in ``commit.done`` whether it was; if not, nothing was written."""

    @abstractmethod
    def in_transaction(self, raw: Any) -> bool: ...

    @abstractmethod
    async def leave(self, raw: Any) -> None:
        """End a connection, whatever has become of it, without waiting long for the other end."""
