"""Creating, changing and deleting webhooks, and sending a test event."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.core import ids
from campfire_chat.core.clock import SECOND
from campfire_chat.core.errors import NotFoundError
from campfire_chat.features.webhooks import queries, rules
from campfire_chat.features.webhooks.codec import Webhook, events_text
from campfire_chat.features.webhooks.errors import InvalidWebhookError
from campfire_chat.features.webhooks.events import WEBHOOK_CHANGED, WebhookChange, WebhookChanged
from campfire_chat.features.webhooks.job_kinds import defer_sending
from campfire_chat.features.webhooks.payload import TEST
from campfire_chat.features.webhooks.permissions import WEBHOOKS_MANAGE
from campfire_chat.features.webhooks.records import (
    DeliveryState,
    PauseReason,
    TextChoice,
    WebhookState,
)
from campfire_chat.feed.positions import begin_here
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction

#: The prefixes of ids.
#: Keeps the position in the feed.
CONSUMER = "webhooks"
WEBHOOK = "whk"
DELIVERY = "dlv"


class WebhookPatch(Struct, frozen=True, kw_only=True):
    """What is to change of a webhook. The values were checked."""

    url: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    events: list[str] | UnsetType | None = UNSET
    text: TextChoice | UnsetType = UNSET
    state: WebhookState | UnsetType = UNSET


class WebhookOperation(Operation[Webhook]):
    """A write about one webhook."""

    def __init__(self, actor: Actor, webhook_id: str) -> None:
        super().__init__(actor)
        self._webhook_id = webhook_id

    async def _lock(self, transaction: Transaction) -> Webhook:
        require(self.actor, WEBHOOKS_MANAGE)
        found = await queries.lock(transaction.session, self.organization, self._webhook_id)
        if found is None:
            raise NotFoundError("There is no such webhook.")
        return found

    async def _present(self, transaction: Transaction) -> Webhook:
        found = await queries.find(transaction.session, self.organization, self._webhook_id)
        if found is None:
            raise AssertionError(f"{self._webhook_id} was locked and is gone")
        return found

    def _tell(self, transaction: Transaction, change: WebhookChange) -> None:
        data = WebhookChanged(
            id=self._webhook_id, change=change, actor=self.actor.principal.participant
        )
        transaction.tell_inbox(self.organization, WEBHOOK_CHANGED, data)


class CreateWebhook(WebhookOperation):
    """Create a webhook. The values were checked."""

    def __init__(
        self,
        actor: Actor,
        *,
        url: str,
        description: str,
        events: list[str] | None,
        text: TextChoice,
        state: WebhookState,
    ) -> None:
        super().__init__(actor, ids.new(WEBHOOK))
        self._values = {
            "url": url,
            "description": description,
            "events": events_text(events),
            "text_choice": text.value,
            "secret": rules.new_secret(),
            "failures": 0,
        }
        self._state = state

    async def run(self, transaction: Transaction) -> Webhook:
        require(self.actor, WEBHOOKS_MANAGE)
        session = transaction.session
        count = await queries.count(session, self.organization)
        if count >= rules.MOST_WEBHOOKS:
            raise InvalidWebhookError(
                f"An organisation may have {rules.MOST_WEBHOOKS} webhooks. Delete one first."
            )
        if not count:
            # Nothing was read for webhooks in this organisation so far.
            begin_here(transaction, self.organization, CONSUMER)
        await queries.add(
            session,
            self.organization,
            {
                **self._values,
                "webhook_id": self._webhook_id,
                **_state_values(self._state, transaction.now),
                "created_at": transaction.now,
                "updated_at": transaction.now,
            },
        )
        self._tell(transaction, WebhookChange.CREATED)
        return await self._present(transaction)


class ChangeWebhook(WebhookOperation):
    """Change a webhook. Made active again, it sends at once what has waited."""

    def __init__(self, actor: Actor, webhook_id: str, patch: WebhookPatch) -> None:
        super().__init__(actor, webhook_id)
        self._patch = patch

    async def run(self, transaction: Transaction) -> Webhook:
        before = await self._lock(transaction)
        patch, now, session = self._patch, transaction.now, transaction.session
        values: dict[str, object] = {}
        if patch.url is not UNSET:
            values["url"] = patch.url
        if patch.description is not UNSET:
            values["description"] = patch.description
        if patch.events is not UNSET:
            values["events"] = events_text(patch.events)
        if patch.text is not UNSET:
            values["text_choice"] = patch.text.value
        if patch.state is not UNSET and patch.state is not before.state:
            values.update(_state_values(patch.state, now))
            if patch.state is WebhookState.ACTIVE:
                values.update(failures=0, failing_since=None, hold_until=None)
                await queries.hasten(session, self.organization, before.id, now)
                defer_sending(transaction, self.organization, before.id, run_at=now)
        if not values:
            return before
        values["updated_at"] = now
        await queries.write(session, self.organization, before.id, values)
        self._tell(transaction, WebhookChange.CHANGED)
        return await self._present(transaction)


class RotateSecret(WebhookOperation):
    """Give a webhook a new secret. The present one signs beside it for a day."""

    def __init__(self, actor: Actor, webhook_id: str) -> None:
        super().__init__(actor, webhook_id)
        self._secret = rules.new_secret()

    async def run(self, transaction: Transaction) -> Webhook:
        before = await self._lock(transaction)
        now = transaction.now
        values = {
            "secret": self._secret,
            "old_secret": before.secret,
            "old_secret_until": now + rules.ROTATION * SECOND,
            "updated_at": now,
        }
        await queries.write(transaction.session, self.organization, before.id, values)
        self._tell(transaction, WebhookChange.ROTATED)
        return await self._present(transaction)


class DeleteWebhook(WebhookOperation):
    """Delete a webhook, and with it the access to its log. Its result is how it was."""

    async def run(self, transaction: Transaction) -> Webhook:
        before = await self._lock(transaction)
        await queries.remove(transaction.session, self.organization, before.id)
        self._tell(transaction, WebhookChange.DELETED)
        return before


class SendTest(WebhookOperation):
    """Have a test event sent; its id is :attr:`delivery_id`."""

    appends = False

    def __init__(self, actor: Actor, webhook_id: str) -> None:
        super().__init__(actor, webhook_id)
        self.delivery_id = ids.new(DELIVERY)
        self._message_id = ids.new("evt")

    async def run(self, transaction: Transaction) -> Webhook:
        webhook = await self._lock(transaction)
        require_active(webhook)
        now = transaction.now
        transaction.insert(
            queries.ADD_DELIVERIES,
            (
                *(self.organization, webhook.id, self.delivery_id, self._message_id, TEST),
                *(webhook.id, None, None, now, now, DeliveryState.WAITING.value, 0, 0, now),
                *(None, None, None),
            ),
        )
        await queries.write(
            transaction.session, self.organization, webhook.id, {"hold_until": None}
        )
        defer_sending(transaction, self.organization, webhook.id, run_at=now)
        return webhook


def require_active(webhook: Webhook) -> None:
    """
    Raises:
        InvalidWebhookError: It sends nothing now.
    """
    if webhook.state is not WebhookState.ACTIVE:
        raise InvalidWebhookError(f"The webhook is {webhook.state.value}. Make it active first.")


def _state_values(state: WebhookState, now: int) -> dict[str, object]:
    paused = state is WebhookState.PAUSED
    return {
        "state": state.value,
        "pause_reason": PauseReason.MANUAL.value if paused else None,
        "paused_at": now if paused else None,
    }
