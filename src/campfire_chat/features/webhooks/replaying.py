"""Sends finished deliveries again: one, or those of a span of time.

A span may hold everything that was kept for 30 days. So it is done in steps, each in a transaction
of its own: messages are written in between.
"""

from __future__ import annotations

from msgspec import structs

from campfire_chat.access.actor import Actor, system_actor
from campfire_chat.features.webhooks import queries
from campfire_chat.features.webhooks.codec import Webhook
from campfire_chat.features.webhooks.job_kinds import REPLAY, Replaying, defer_sending
from campfire_chat.features.webhooks.operations import WebhookOperation, require_active
from campfire_chat.features.webhooks.records import DeliveryState, WebhookState
from campfire_chat.jobs.job import Job, Work
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction

#: Deliveries that one step looks at.
AT_ONCE = 500


class ReplayOne(WebhookOperation):
    """Send a delivery again; one that waits stays as it is."""

    appends = False

    def __init__(self, actor: Actor, webhook_id: str, delivery_id: str) -> None:
        super().__init__(actor, webhook_id)
        self._delivery_id = delivery_id

    async def run(self, transaction: Transaction) -> Webhook:
        webhook = await self._lock(transaction)
        require_active(webhook)
        session, now = transaction.session, transaction.now
        await queries.restart(session, self.organization, webhook.id, self._delivery_id, now)
        await queries.write(session, self.organization, webhook.id, {"hold_until": None})
        defer_sending(transaction, self.organization, webhook.id, run_at=now)
        return webhook


class ReplaySpan(WebhookOperation):
    """Send the finished deliveries of events of a span of time again: the first ones here, and the
    others in jobs.

    Args:
        since: Microseconds since 1970; ``until`` is not part of the span.
        only: Those in this state; None for all.
    """

    appends = False

    def __init__(
        self, actor: Actor, webhook_id: str, *, since: int, until: int, only: DeliveryState | None
    ) -> None:
        super().__init__(actor, webhook_id)
        self._since = since
        self._until = until
        self._only = only

    async def run(self, transaction: Transaction) -> Webhook:
        webhook = await self._lock(transaction)
        require_active(webhook)
        session, now = transaction.session, transaction.now
        end = await queries.last_id(session, self.organization, webhook.id)
        if end is None:
            return webhook
        replaying = Replaying(
            webhook_id=webhook.id,
            since=self._since,
            until=self._until,
            only=self._only,
            after="",
            end=end,
        )
        await _step(transaction, self.organization, replaying)
        await queries.write(session, self.organization, webhook.id, {"hold_until": None})
        defer_sending(transaction, self.organization, webhook.id, run_at=now)
        return webhook


class _GoOn(Operation[None]):
    """Do the next step of a replay. Deliveries of a webhook that was paused meanwhile wait."""

    appends = False

    def __init__(self, organization: str, replaying: Replaying) -> None:
        super().__init__(system_actor(organization))
        self._replaying = replaying

    async def run(self, transaction: Transaction) -> None:
        session, replaying = transaction.session, self._replaying
        webhook = await queries.lock(session, self.organization, replaying.webhook_id)
        if webhook is None:
            # Deleted meanwhile.
            return
        await _step(transaction, self.organization, replaying)
        if webhook.state is WebhookState.ACTIVE:
            run_at = max(transaction.now, webhook.hold_until or 0)
            defer_sending(transaction, self.organization, webhook.id, run_at=run_at)


async def _step(transaction: Transaction, organization: str, replaying: Replaying) -> None:
    """Replay some deliveries, and have a job go on unless they were the last ones."""
    now = transaction.now
    last = await queries.restart_some(
        transaction.session, organization, replaying, now=now, count=AT_ONCE
    )
    if last is not None:
        REPLAY.defer(transaction, organization, structs.replace(replaying, after=last), run_at=now)


async def _go_on(job: Job[Replaying]) -> Operation[None]:
    return _GoOn(job.organization, job.arguments)


def works() -> list[Work]:
    return [REPLAY.done_by(_go_on)]
