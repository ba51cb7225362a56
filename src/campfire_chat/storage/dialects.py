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


class Basis(NamedTuple):
    """What writes are based on, to be looked at under the locks they take.

    Attributes:
        version: What :meth:`Engine.version` said when it was read.
        heads: Queries that lock stream heads, and the heads that they must find.
    """

    version: int
    heads: Sequence[tuple[Prepared, dict[str, int]]]


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
        tells_changes: Whether :meth:`version` can tell.
    """

    name: str
    core: CoreDialect
    begin: str
    lock_rows: bool
    tells_changes: bool

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

    @abstractmethod
    async def version(self, raw: Any) -> int:
        """A number that is another one once somebody else has changed the database; it may stay
        the same on an engine that cannot tell. To be asked inside a transaction."""

    @abstractmethod
    async def commit(self, raw: Any, basis: Basis, writes: Sequence[Prepared]) -> bool:
        """Write in a transaction of its own, if what the writes are based on still stands.

        Returns:
            False when it does not; nothing was written then.
        """

    @abstractmethod
    def in_transaction(self, raw: Any) -> bool: ...

    @abstractmethod
    async def leave(self, raw: Any) -> None:
        """End a connection, whatever has become of it, without waiting long for the other end."""
