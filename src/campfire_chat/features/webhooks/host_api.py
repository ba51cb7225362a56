"""Webhooks and their deliveries, for the code of the host app."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET, UnsetType

from campfire_chat.features.webhooks.records import (
    DeliveryDetails,
    DeliveryRecord,
    DeliveryState,
    TextChoice,
    WebhookRecord,
    WebhookState,
    WebhookWithSecret,
)
from campfire_chat.http.in_process import InProcess, time_text
from campfire_chat.http.pagination import DEFAULT_LIMIT, Page


class WebhooksApi:
    """What one caller may do with the webhooks of the organisation.

    Every method raises ForbiddenError if the caller may not manage webhooks.
    """

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller

    async def list(self) -> Page[WebhookRecord]:
        """The webhooks of the organisation, the oldest first, without their secrets."""
        return await self._caller.call("list_webhooks")

    async def event_types(self) -> Page[str]:
        """The names of the types of events that a webhook can send."""
        return await self._caller.call("list_webhook_events")

    async def get(self, webhook_id: str) -> WebhookRecord:
        """
        Raises:
            NotFoundError: There is no such webhook.
        """
        return await self._caller.call("get_webhook", path={"webhook_id": webhook_id})

    async def create(
        self,
        url: str,
        *,
        description: str = "",
        events: Sequence[str] | None = None,
        text: TextChoice = TextChoice.NONE,
        state: WebhookState = WebhookState.ACTIVE,
    ) -> WebhookWithSecret:
        """Create a webhook. Only this answer and that of :meth:`rotate` have a secret.

        A repetition creates a second webhook.

        Args:
            url: Where it sends: ``https``, and an address on the internet unless the setting
                ``webhook_networks`` allows others.
            description: One line of at most 200 characters.
            events: The types of events that it sends. None: all of them, and new types as they
                come.
            text: Which texts of messages it sends.

        Raises:
            InvalidWebhookError: A value is refused, or the organisation has as many webhooks as it
                may have.
        """
        return await self._caller.call(
            "create_webhook",
            body={
                "url": url,
                "description": description,
                "events": events,
                "text": text,
                "state": state,
            },
        )

    async def change(
        self,
        webhook_id: str,
        *,
        url: str | UnsetType = UNSET,
        description: str | UnsetType = UNSET,
        events: Sequence[str] | UnsetType | None = UNSET,
        text: TextChoice | UnsetType = UNSET,
        state: WebhookState | UnsetType = UNSET,
    ) -> WebhookRecord:
        """Change a webhook. What is left out stays as it is.

        Args:
            events: All types of events that it sends then. None: all of them.
            state: A paused webhook keeps what happens until it is active again. A disabled one
                does not.

        Raises:
            NotFoundError: There is no such webhook.
            InvalidWebhookError: A value is refused.
        """
        return await self._caller.call(
            "change_webhook",
            path={"webhook_id": webhook_id},
            body={
                "url": url,
                "description": description,
                "events": events,
                "text": text,
                "state": state,
            },
        )

    async def rotate(self, webhook_id: str) -> WebhookWithSecret:
        """Give a webhook a new secret. The present one signs beside it for 24 hours.

        Raises:
            NotFoundError: There is no such webhook.
        """
        return await self._caller.call("rotate_webhook_secret", path={"webhook_id": webhook_id})

    async def delete(self, webhook_id: str) -> WebhookRecord:
        """Delete a webhook and its log, and return it as it was.

        Raises:
            NotFoundError: There is no such webhook.
        """
        return await self._caller.call("delete_webhook", path={"webhook_id": webhook_id})

    async def send_test(self, webhook_id: str) -> DeliveryRecord:
        """Have a test event sent.

        Raises:
            NotFoundError: There is no such webhook.
            InvalidWebhookError: The webhook is not active.
        """
        return await self._caller.call("test_webhook", path={"webhook_id": webhook_id})

    async def deliveries(
        self,
        webhook_id: str,
        *,
        state: DeliveryState | None = None,
        cursor: str | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Page[DeliveryRecord]:
        """A page of the deliveries of a webhook, the newest first.

        Args:
            state: Only those in this state.
            cursor: ``next_cursor`` of the page before.
            limit: 1 to 100.

        Raises:
            NotFoundError: There is no such webhook.
        """
        return await self._caller.call(
            "list_webhook_deliveries",
            path={"webhook_id": webhook_id},
            query={"state": state, "cursor": cursor, "limit": limit},
        )

    async def delivery(self, webhook_id: str, delivery_id: str) -> DeliveryDetails:
        """A delivery with what is sent, and each attempt.

        Raises:
            NotFoundError: There is no such webhook or delivery.
        """
        return await self._caller.call(
            "get_webhook_delivery", path={"webhook_id": webhook_id, "delivery_id": delivery_id}
        )

    async def replay(self, webhook_id: str, delivery_id: str) -> DeliveryRecord:
        """Send a delivery again. One that waits stays as it is.

        Raises:
            NotFoundError: There is no such webhook or delivery.
            InvalidWebhookError: The webhook is not active.
        """
        return await self._caller.call(
            "replay_webhook_delivery", path={"webhook_id": webhook_id, "delivery_id": delivery_id}
        )

    async def replay_span(
        self,
        webhook_id: str,
        *,
        since: datetime,
        until: datetime,
        state: DeliveryState | None = DeliveryState.FAILED,
    ) -> WebhookRecord:
        """Send the finished deliveries of a span of time again.

        Args:
            since: The beginning of the span: events from then on. A time with its zone.
            until: The end of the span, which is not part of it. A time with its zone.
            state: Only those in this state. None: all that are finished.

        Raises:
            NotFoundError: There is no such webhook.
            InvalidError: A time has no zone.
            InvalidWebhookError: The webhook is not active.
        """
        return await self._caller.call(
            "replay_webhook_span",
            path={"webhook_id": webhook_id},
            body={
                "since": time_text(since, field="since"),
                "until": time_text(until, field="until"),
                "state": state,
            },
        )
