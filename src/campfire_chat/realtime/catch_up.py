"""Reads events that other processes wrote, for channels that are behind."""

from __future__ import annotations

import asyncio
import logging

from campfire_chat.ledger.storage import Storage
from campfire_chat.realtime.channels import Channel

logger = logging.getLogger("campfire_chat.realtime")

#: Number of groups of channels that catch up at the same time. Each uses a reader for one query.
CATCH_UP = 8
#: Number of events that a stream may lack to be read together with others, and how many streams.
NEAR = 16
STREAMS_PER_QUERY = 200
#: Seconds before the next attempt after the database refused.
RETRY_DELAY = 0.5


class CatchUp:
    """The channels that are behind, and the tasks that read for them."""

    def __init__(self) -> None:
        self._behind: set[Channel] = set()
        self._wake = asyncio.Event()

    def note(self, channel: Channel) -> None:
        """Note that a channel may be behind now."""
        if channel.behind:
            self._behind.add(channel)
            self._wake.set()

    def forget(self, channel: Channel) -> None:
        """Forget a channel that has no subscriber any more."""
        self._behind.discard(channel)

    async def run(self, storage: Storage) -> None:
        """Read and deliver, for as long as the hub runs."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._behind:
                portions = self._portions()
                results = await asyncio.gather(
                    *(self._read(storage, channels) for channels in portions),
                    return_exceptions=True,
                )
                failed = [
                    (channels, result)
                    for channels, result in zip(portions, results, strict=True)
                    if isinstance(result, Exception)
                ]
                if failed:
                    logger.warning(
                        "streams could not be read; next attempt in a moment: %s", failed[0][1]
                    )
                    for channels, _ in failed:
                        self._behind.update(channels)
                    await asyncio.sleep(RETRY_DELAY)

    def _portions(self) -> list[list[Channel]]:
        """The channels that are behind, in groups. Each group is read with one query.

        Most channels lack one or two events that another process has just written.
        """
        near: dict[str, list[Channel]] = {}
        portions: list[list[Channel]] = []
        while self._behind and len(portions) + len(near) < CATCH_UP:
            channel = self._behind.pop()
            if channel.lacks > NEAR:
                portions.append([channel])
                continue
            some = near.setdefault(channel.key[0], [])
            some.append(channel)
            if len(some) == STREAMS_PER_QUERY:
                portions.append(near.pop(channel.key[0]))
        return portions + list(near.values())

    async def _read(self, storage: Storage, channels: list[Channel]) -> None:
        if len(channels) > 1:
            organization = channels[0].key[0]
            by_name = {channel.key[1]: channel for channel in channels}
            depth = max(channel.lacks for channel in channels)
            if depth > 0:
                for name, seq, text in await storage.newest_events(organization, [*by_name], depth):
                    by_name[name].deliver(seq, text)
        # One that has grown by more meanwhile, or was alone from the beginning.
        for channel in channels:
            await self._read_on(storage, channel)

    async def _read_on(self, storage: Storage, channel: Channel) -> None:
        organization, name = channel.key
        while channel.behind and channel.subscriptions and channel.delivered is not None:
            after = channel.delivered
            page = await storage.stream_page(organization, name, after)
            if page.first > after + 1:
                channel.skip_to(page.first - 1)
            for seq, text in page.events:
                channel.deliver(seq, text)
            if not page.events:
                # A wake-up named a higher seq than there is: it belonged to another epoch.
                channel.known = channel.delivered or 0
                return
