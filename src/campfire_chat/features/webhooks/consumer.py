"""Makes deliveries of what has happened: one for each event and each webhook that wants it.

Nothing is sent here, so no receiver can hold back the feed. The deliveries, and the jobs that
send them, are written in the transaction that moves the position in the feed.
"""

from __future__ import annotations

from collections.abc import Sequence

from campfire_chat.access.actor import system_actor
from campfire_chat.core import ids
from campfire_chat.features.webhooks import queries, rules
from campfire_chat.features.webhooks.job_kinds import defer_sending
from campfire_chat.features.webhooks.operations import CONSUMER, DELIVERY
from campfire_chat.features.webhooks.records import DeliveryState, WebhookState
from campfire_chat.feed.consumer import Consumer, Interest
from campfire_chat.feed.reading import FeedEvent, FeedPage
from campfire_chat.hooks.event import subject_of
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.storage import Storage
from campfire_chat.ledger.transaction import Transaction


class WebhookFeed:
    """See the module."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.interest = Interest(lambda: storage.read(queries.organizations))

    @property
    def consumer(self) -> Consumer:
        return Consumer(CONSUMER, self._handle, self.interest)

    async def _handle(self, organization: str, page: FeedPage) -> Operation[None] | None:
        webhooks = await self._storage.read(lambda session: queries.all_of(session, organization))
        wanted = [
            event for event in page.events if any(item.wants(event.event) for item in webhooks)
        ]
        return AddDeliveries(organization, wanted) if wanted else None


class AddDeliveries(Operation[None]):
    """Add the deliveries of some events."""

    appends = False

    def __init__(self, organization: str, events: Sequence[FeedEvent]) -> None:
        super().__init__(system_actor(organization))
        self._events = events
        self.size += 300 * len(events)

    async def run(self, transaction: Transaction) -> None:
        organization, now = self.organization, transaction.now
        for webhook in await queries.all_of(transaction.session, organization):
            # What happened before it was there is not for it.
            events = [
                event
                for event in self._events
                if webhook.wants(event.event) and event.at >= webhook.created_at
            ]
            for number, event in enumerate(events):
                transaction.insert(
                    queries.ADD_DELIVERIES,
                    (
                        *(organization, webhook.id, ids.new(DELIVERY)),
                        rules.message_id(organization, event.stream, event.seq),
                        *(event.event, subject_of(event), event.stream, event.seq, event.at, now),
                        # In the order of the events.
                        *(DeliveryState.WAITING.value, 0, 0, now + number, None, None, None),
                    ),
                )
            if events and webhook.state is WebhookState.ACTIVE:
                run_at = max(now, webhook.hold_until or 0)
                defer_sending(transaction, organization, webhook.id, run_at=run_at)
