"""The webhooks of an organisation, for those who look after them."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.core.errors import NotFoundError
from campfire_chat.feature import Service
from campfire_chat.features.webhooks import queries, replaying, rules
from campfire_chat.features.webhooks.addresses import networks_of
from campfire_chat.features.webhooks.codec import Delivery, Webhook, delivery_record, record_of
from campfire_chat.features.webhooks.consumer import WebhookFeed
from campfire_chat.features.webhooks.job_kinds import DAILY, EXPIRE
from campfire_chat.features.webhooks.operations import (
    ChangeWebhook,
    CreateWebhook,
    DeleteWebhook,
    RotateSecret,
    SendTest,
    WebhookPatch,
)
from campfire_chat.features.webhooks.permissions import WEBHOOKS_MANAGE
from campfire_chat.features.webhooks.records import (
    DeliveryDetails,
    DeliveryRecord,
    DeliveryState,
    TextChoice,
    WebhookRecord,
    WebhookState,
    WebhookWithSecret,
)
from campfire_chat.features.webhooks.replaying import ReplayOne, ReplaySpan
from campfire_chat.features.webhooks.retention import WebhookRetention
from campfire_chat.features.webhooks.sender import Sender
from campfire_chat.features.webhooks.sending import WebhookSending
from campfire_chat.feed.consumer import Consumer
from campfire_chat.jobs.job import Work
from campfire_chat.jobs.schedule import Schedule
from campfire_chat.ledger.storage import Storage
from campfire_chat.realtime.bus import Bus
from campfire_chat.settings import Settings

#: What the other processes are told over the bus: an organisation has a new webhook.
SIGNAL = "webhooks"


class WebhookService(Service):
    """See the module. Every method raises ForbiddenError for a caller without
    ``webhooks.manage``, and NotFoundError for what the organisation does not have."""

    def __init__(self, storage: Storage, bus: Bus, settings: Settings) -> None:
        self._storage = storage
        self._bus = bus
        networks = networks_of(settings.webhook_networks)
        self._internal = bool(networks)
        self._sending = WebhookSending(storage, Sender(networks))
        self._feed = WebhookFeed(storage)
        self._retention = WebhookRetention(storage)

    def works(self) -> Iterable[Work]:
        return (*self._sending.works(), *replaying.works(), EXPIRE.done_by(self._retention.expire))

    def schedules(self) -> Iterable[Schedule]:
        return (DAILY,)

    def consumers(self) -> Iterable[Consumer]:
        return (self._feed.consumer,)

    def signalled(self, what: str, organization: str) -> None:
        if what == SIGNAL:
            self._feed.interest.add(organization)

    # Webhooks.

    async def list_all(self, actor: Actor) -> list[WebhookRecord]:
        require(actor, WEBHOOKS_MANAGE)
        found = await self._storage.read(
            lambda session: queries.all_of(session, actor.organization)
        )
        return [self._record(webhook) for webhook in found]

    async def get(self, actor: Actor, webhook_id: str) -> WebhookRecord:
        return self._record(await self._find(actor, webhook_id))

    async def create(
        self,
        actor: Actor,
        *,
        url: str,
        description: str,
        events: list[str] | None,
        text: TextChoice,
        state: WebhookState,
    ) -> WebhookWithSecret:
        """
        Raises:
            InvalidWebhookError: A value cannot be a webhook's, or there are too many.
        """
        require(actor, WEBHOOKS_MANAGE)
        operation = CreateWebhook(
            actor,
            url=rules.check_url(url, internal=self._internal),
            description=rules.check_description(description),
            events=rules.check_events(events),
            text=text,
            state=state,
        )
        created = await self._storage.submit(operation)
        self._feed.interest.add(actor.organization)
        self._bus.signal(SIGNAL, actor.organization)
        return self._with_secret(created)

    async def change(self, actor: Actor, webhook_id: str, patch: WebhookPatch) -> WebhookRecord:
        """
        Raises:
            InvalidWebhookError: A value cannot be a webhook's.
        """
        require(actor, WEBHOOKS_MANAGE)
        if isinstance(patch.url, str):
            rules.check_url(patch.url, internal=self._internal)
        if isinstance(patch.description, str):
            description = rules.check_description(patch.description)
            patch = structs.replace(patch, description=description)
        if isinstance(patch.events, list):
            patch = structs.replace(patch, events=rules.check_events(patch.events))
        return self._record(await self._storage.submit(ChangeWebhook(actor, webhook_id, patch)))

    async def rotate(self, actor: Actor, webhook_id: str) -> WebhookWithSecret:
        """Give a webhook a new secret; the present one signs beside it for a day."""
        require(actor, WEBHOOKS_MANAGE)
        return self._with_secret(await self._storage.submit(RotateSecret(actor, webhook_id)))

    async def delete(self, actor: Actor, webhook_id: str) -> WebhookRecord:
        """Delete a webhook, and return it as it was."""
        require(actor, WEBHOOKS_MANAGE)
        return self._record(await self._storage.submit(DeleteWebhook(actor, webhook_id)))

    # Deliveries.

    async def deliveries(
        self,
        actor: Actor,
        webhook_id: str,
        state: DeliveryState | None,
        before: str | None,
        limit: int,
    ) -> tuple[list[DeliveryRecord], str | None]:
        """Deliveries, the newest first, and where the next page begins."""
        await self._find(actor, webhook_id)
        found = await self._storage.read(
            lambda session: queries.page(
                session, actor.organization, webhook_id, state, before, limit + 1
            )
        )
        records = [delivery_record(item) for item in found[:limit]]
        return records, found[limit - 1].id if len(found) > limit else None

    async def delivery(self, actor: Actor, webhook_id: str, delivery_id: str) -> DeliveryDetails:
        """A delivery with its body and its attempts."""
        webhook = await self._find(actor, webhook_id)
        found = await self._find_delivery(actor, webhook_id, delivery_id)
        log = await self._storage.read(
            lambda session: queries.attempts_of(
                session, actor.organization, webhook_id, delivery_id
            )
        )
        body = await self._sending.body(actor.organization, found, webhook.text)
        return DeliveryDetails(
            **structs.asdict(delivery_record(found)),
            body=None if body is None else body.decode(),
            log=log,
        )

    async def send_test(self, actor: Actor, webhook_id: str) -> DeliveryRecord:
        """Have a test event sent.

        Raises:
            InvalidWebhookError: The webhook is not active.
        """
        require(actor, WEBHOOKS_MANAGE)
        operation = SendTest(actor, webhook_id)
        await self._storage.submit(operation)
        return delivery_record(await self._find_delivery(actor, webhook_id, operation.delivery_id))

    async def replay(self, actor: Actor, webhook_id: str, delivery_id: str) -> DeliveryRecord:
        """Send a delivery again; one that waits stays as it is.

        Raises:
            InvalidWebhookError: The webhook is not active.
        """
        await self._find_delivery(actor, webhook_id, delivery_id)
        await self._storage.submit(ReplayOne(actor, webhook_id, delivery_id))
        return delivery_record(await self._find_delivery(actor, webhook_id, delivery_id))

    async def replay_span(
        self, actor: Actor, webhook_id: str, *, since: int, until: int, only: DeliveryState | None
    ) -> WebhookRecord:
        """Send the finished deliveries of events of a span of time again. Many of them are taken
        in steps, by a job.

        Args:
            since: Microseconds since 1970; ``until`` is not part of the span.
            only: Those in this state; None for all.

        Raises:
            InvalidWebhookError: The webhook is not active.
        """
        require(actor, WEBHOOKS_MANAGE)
        operation = ReplaySpan(actor, webhook_id, since=since, until=until, only=only)
        return self._record(await self._storage.submit(operation))

    async def _find(self, actor: Actor, webhook_id: str) -> Webhook:
        require(actor, WEBHOOKS_MANAGE)
        found = await self._storage.read(
            lambda session: queries.find(session, actor.organization, webhook_id)
        )
        if found is None:
            raise NotFoundError("There is no such webhook.")
        return found

    async def _find_delivery(self, actor: Actor, webhook_id: str, delivery_id: str) -> Delivery:
        require(actor, WEBHOOKS_MANAGE)
        found = await self._storage.read(
            lambda session: queries.find_delivery(
                session, actor.organization, webhook_id, delivery_id
            )
        )
        if found is None:
            raise NotFoundError("There is no such delivery.")
        return found

    def _record(self, webhook: Webhook) -> WebhookRecord:
        return record_of(webhook, self._storage.now())

    def _with_secret(self, webhook: Webhook) -> WebhookWithSecret:
        return WebhookWithSecret(**structs.asdict(self._record(webhook)), secret=webhook.secret)
