"""What reads the feed has to say of itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from campfire_chat.feed.reading import FeedPage
from campfire_chat.ledger.operation import Operation


class Consumer(Struct, frozen=True):
    """Something that is given every event of every organisation, in the order of the commits.

    Its position is kept in the database under its name, for each organisation. A consumer with a
    new name begins with what happens from then on.

    Attributes:
        name: Keeps its position; it stays when the code moves.
        handle: Handles a page of one organisation. It may be called again with the same events:
            after a crash, or when it raises. The operation that it returns is carried out in the
            transaction that moves the position, and so exactly once.
    """

    name: str
    handle: Callable[[str, FeedPage], Awaitable[Operation[Any] | None]]
