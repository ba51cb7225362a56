"""Keeps the index up to date: it reads the feed, and indexes what the events tell of.

An event only says what to look at. What is indexed is what is there by then, so it does not matter
if an event comes twice, or late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from campfire_chat.access.actor import system_actor
from campfire_chat.features.conversations.events import CONVERSATION_UPDATED
from campfire_chat.features.messages.events import (
    MESSAGE_CREATED,
    MESSAGE_DELETED,
    MESSAGE_REDACTED,
    MESSAGE_UPDATED,
)
from campfire_chat.features.search import queries
from campfire_chat.features.search.operations import CONSUMER, Index
from campfire_chat.features.search.preparing import Prepared, parts, prepare
from campfire_chat.feed.consumer import Consumer
from campfire_chat.feed.reading import FeedPage
from campfire_chat.ledger.storage import Storage

_MESSAGES = {
    event.name for event in (MESSAGE_CREATED, MESSAGE_UPDATED, MESSAGE_REDACTED, MESSAGE_DELETED)
}


class _Data(Struct):
    id: str


class _Event(Struct):
    """Of the text that clients receive, only what is needed."""

    data: _Data


_about = msgspec.json.Decoder(_Event).decode


class IndexFeed:
    """See the module."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @property
    def consumer(self) -> Consumer:
        return Consumer(CONSUMER, self._handle)

    async def _handle(self, organization: str, page: FeedPage) -> Index | None:
        messages: dict[str, None] = {}
        conversations: dict[str, None] = {}
        for event in page.events:
            if event.event in _MESSAGES:
                messages[_about(event.payload).data.id] = None
            elif event.event == CONVERSATION_UPDATED.name:
                conversations[_about(event.payload).data.id] = None
        ready = await prepare(self._storage, organization, list(messages), list(conversations))
        changed = await self._changed(organization, list(conversations), ready)
        index: Index | None = None
        for part in parts([*messages, *changed], ready):
            if index is not None:
                # To do it again after a crash changes nothing. The last one moves the position.
                await self._storage.submit(index)
            index = Index(
                system_actor(organization),
                [item for item in part if item in messages],
                [item for item in part if item not in messages],
                ready={item: ready[item] for item in part if item in ready},
            )
        return index

    async def _changed(
        self, organization: str, conversation_ids: Sequence[str], ready: Mapping[str, Prepared]
    ) -> list[str]:
        """Those of which the index holds something else than what is there. Most events of a
        conversation tell of a message, and change nothing that it is found by."""
        if not conversation_ids:
            return []
        known = await self._storage.read(
            lambda session: queries.indexed(session, organization, conversation_ids)
        )
        now = {item: ready[item].digest for item in conversation_ids if item in ready}
        before = {item: entry.digest for item, entry in known.items()}
        return [item for item in conversation_ids if now.get(item) != before.get(item)]
