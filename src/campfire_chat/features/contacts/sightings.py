"""When contacts were here last: gathered from the sockets of this process, and written together."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from campfire_chat.access.actor import Actor, system_actor
from campfire_chat.core.errors import CampfireError
from campfire_chat.feature import Service
from campfire_chat.features.contacts.operations import MarkSeen
from campfire_chat.ledger.storage import Storage

logger = logging.getLogger("campfire_chat.contacts")

#: Seconds for which sightings are gathered before they are written.
GATHER: Final = 2.0
#: Contacts that one operation writes.
WRITTEN_AT_ONCE: Final = 500


class Sightings(Service):
    """See the module. A visitor who has never written is no contact, and nothing is stored."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        #: Who was seen, by organisation.
        self._seen: dict[str, set[str]] = {}
        self._any = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._keep_writing(), name="campfire-contacts-seen")

    async def stop(self) -> None:
        """Stop. What was seen in the last moments is lost; the time is rounded anyway."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def arrived(self, actor: Actor) -> None:
        self._note(actor)

    def departed(self, actor: Actor, *, cleanly: bool) -> None:
        self._note(actor)

    def _note(self, actor: Actor) -> None:
        if actor.is_visitor:
            self._seen.setdefault(actor.organization, set()).add(actor.principal.id)
            self._any.set()

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
            except CampfireError:
                # The next visit is written again.
                logger.warning("when contacts were seen could not be written", exc_info=True)
