"""Checks again what open sockets subscribe to, since an agent may see less than before.

Only agents whom the host app narrows by labels are concerned: the labels of a conversation may
change while its stream is open. What an agent's own labels are, the next proof of the session
tells. This process is told of each change at once, others over the bus. If that is lost, the
check that comes by itself finds it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from typing import Protocol

from campfire_chat.access.actor import Actor
from campfire_chat.core.errors import NotFoundError
from campfire_chat.ledger.storage import Storage
from campfire_chat.realtime.sockets.subscriptions import Subscriptions

logger = logging.getLogger("campfire_chat.realtime")

#: Seconds before the next attempt after the database refused.
RETRY_DELAY = 0.5


class Checked(Protocol):
    """A socket, as it is checked."""

    streams: Subscriptions

    @property
    def greeted(self) -> bool: ...

    @property
    def actor(self) -> Actor: ...


class AccessChecks:
    """See the module.

    Args:
        sockets: The open sockets.
        interval: Seconds between checks that come by themselves.
    """

    def __init__(self, sockets: Collection[Checked], storage: Storage, *, interval: float) -> None:
        self._sockets = sockets
        self._storage = storage
        self._interval = interval
        self._waiting: set[str] = set()
        self._wake = asyncio.Event()

    def look(self, organization: str) -> None:
        """Check the sockets of an organisation now."""
        self._waiting.add(organization)
        self._wake.set()

    async def run(self) -> None:
        """Check, for as long as the gateway runs."""
        while True:
            try:
                async with asyncio.timeout(self._interval):
                    await self._wake.wait()
            except TimeoutError:
                self._waiting |= {socket.actor.organization for socket in self._narrowed()}
            self._wake.clear()
            waiting, self._waiting = self._waiting, set()
            try:
                await self._check(waiting)
            except Exception:
                logger.warning(
                    "subscriptions could not be checked; next attempt in a moment", exc_info=True
                )
                self._waiting |= waiting
                self._wake.set()
                await asyncio.sleep(RETRY_DELAY)

    def _narrowed(self) -> list[Checked]:
        return [
            socket
            for socket in list(self._sockets)
            if socket.greeted and socket.actor.labels is not None
        ]

    async def _check(self, organizations: set[str]) -> None:
        # All at once: they share queries.
        await asyncio.gather(
            *(
                self._check_one(socket, name)
                for socket in self._narrowed()
                if socket.actor.organization in organizations
                for name in socket.streams.names
            )
        )

    async def _check_one(self, socket: Checked, name: str) -> None:
        streams = socket.streams
        try:
            await self._storage.authorize_stream(socket.actor, name)
        except NotFoundError:
            streams.revoke(name)
