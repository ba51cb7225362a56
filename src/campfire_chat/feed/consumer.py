"""What reads the feed has to say of itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from msgspec import Struct

from campfire_chat.feed.reading import FeedPage
from campfire_chat.ledger.operation import Operation


class Interest:
    """The organisations in which a consumer reads, in memory.

    Elsewhere nothing is read for it, so a commit costs nothing there. Whoever makes an organisation
    one of them has the consumer begin there; see :func:`campfire_chat.feed.positions.begin_here`.

    Args:
        find: Finds all of them in the database. It is asked every few seconds.

    Attributes:
        on_added: Told of an organisation that was added.
    """

    def __init__(self, find: Callable[[], Awaitable[Iterable[str]]]) -> None:
        self._find = find
        self._organizations: set[str] = set()
        #: Those that were added while the database was asked.
        self._added: set[str] = set()
        self.on_added: Callable[[str], None] = _nobody_reads

    def __contains__(self, organization: str) -> bool:
        return organization in self._organizations

    async def refresh(self) -> None:
        """Find them anew."""
        self._added = set()
        found = set(await self._find())
        self._organizations = found | self._added

    def add(self, organization: str) -> None:
        """Read in this organisation from now on, without waiting for the next look."""
        self._added.add(organization)
        self._organizations.add(organization)
        self.on_added(organization)


def _nobody_reads(organization: str) -> None:
    """No process reads the feed here; another one finds the organisation by looking."""


class Consumer(Struct, frozen=True):
    """Something that is given every event of every organisation, in the order of the commits.

    Its position is kept in the database under its name, for each organisation. A consumer with a
    new name begins with what happens from then on.

    Attributes:
        name: Keeps its position; it stays when the code moves.
        handle: Handles a page of one organisation. It may be called again with the same events:
            after a crash, or when it raises. The operation that it returns is carried out in the
            transaction that moves the position, and so exactly once.
        interest: Where it reads; None for every organisation.
    """

    name: str
    handle: Callable[[str, FeedPage], Awaitable[Operation[Any] | None]]
    interest: Interest | None = None

    def reads(self, organization: str) -> bool:
        """Whether it reads in an organisation."""
        return self.interest is None or organization in self.interest
