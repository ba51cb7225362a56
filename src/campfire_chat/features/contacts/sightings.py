"""When contacts were here last: gathered from the sockets of this process, and written together.

Who comes or goes is noted. Who stays is noted again and again, all of them by one statement, which
leaves alone whoever was seen a short while ago: see
:data:`~campfire_chat.features.contacts.operations.SEEN_PERIOD`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from typing import Final

from campfire_chat.access.actor import Actor, system_actor
from campfire_chat.feature import Service
from campfire_chat.features.contacts.operations import MarkSeen
from campfire_chat.ledger.storage import Storage

logger = logging.getLogger("campfire_chat.contacts")

#: Seconds for which sightings are gathered before they are written.
GATHER: Final = 2.0
#: Seconds between two notes of everybody who is connected. With the period of
#: :data:`~campfire_chat.features.contacts.operations.SEEN_PERIOD` it is less than the five minutes
#: that are promised.
RENEWAL: Final = 45.0
#: Contacts that one operation writes.
WRITTEN_AT_ONCE: Final = 500


class Sightings(Service):
    """See the module. A visitor who has never written is no contact, and nothing is stored."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        #: Who was seen, by organisation.
        self._seen: dict[str, set[str]] = {}
        #: The sockets of each visitor, by organisation.
        self._here: dict[str, Counter[str]] = {}
        self._any = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._keep_writing(), name="campfire-contacts-seen"),
            asyncio.create_task(self._keep_renewing(), name="campfire-contacts-here"),
        ]

    async def stop(self) -> None:
        """Stop. What was seen in the last moments is lost; the time is rounded anyway."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def arrived(self, actor: Actor) -> None:
        if actor.is_visitor:
            here = self._here.setdefault(actor.organization, Counter())
            here[actor.principal.id] += 1
            self._note(actor.organization, [actor.principal.id])

    def departed(self, actor: Actor, *, cleanly: bool) -> None:
        if not actor.is_visitor:
            return
        here = self._here.get(actor.organization, Counter())
        here[actor.principal.id] -= 1
        # Less than none: of a socket that could not be let in there was nothing to take away.
        if here[actor.principal.id] <= 0:
            del here[actor.principal.id]
        if not here:
            self._here.pop(actor.organization, None)
        self._note(actor.organization, [actor.principal.id])

    def _note(self, organization: str, contact_ids: Iterable[str]) -> None:
        self._seen.setdefault(organization, set()).update(contact_ids)
        self._any.set()

    async def _keep_renewing(self) -> None:
        while True:
            await asyncio.sleep(RENEWAL)
            for organization, here in self._here.items():
                self._note(organization, here)

    async def _keep_writing(self) -> None:
        while True:
            await self._any.wait()
            await asyncio.sleep(GATHER)
            self._any.clear()
            seen, self._seen = self._seen, {}
            at = self._storage.now()
            for organization, contact_ids in seen.items():
                await self._write(organization, sorted(contact_ids), at)

    async def _write(self, organization: str, contact_ids: list[str], at: int) -> None:
        for first in range(0, len(contact_ids), WRITTEN_AT_ONCE):
            some = contact_ids[first : first + WRITTEN_AT_ONCE]
            try:
                await self._storage.submit(MarkSeen(system_actor(organization), some, at))
            except Exception:
                # Whoever is still here is noted again. Whatever it was must not end the task.
                logger.exception("when contacts were seen could not be written")
