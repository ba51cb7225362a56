"""Sends the deliveries of a webhook: one job at a time for each webhook.

A run tries what is due. The deliveries of one subject, such as a conversation, are tried one after
another, and several subjects at the same time. After a failure the run ends, and the webhook is
left alone for a while: a dead receiver costs one attempt and not one for each delivery.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from campfire_chat.access.actor import system_actor
from campfire_chat.core.clock import SECOND
from campfire_chat.features.webhooks import payload, queries, rules
from campfire_chat.features.webhooks.codec import Delivery, Webhook
from campfire_chat.features.webhooks.events import WEBHOOK_PAUSED, WebhookPaused
from campfire_chat.features.webhooks.job_kinds import SEND, Sending, defer_sending
from campfire_chat.features.webhooks.records import DeliveryState, TextChoice, WebhookState
from campfire_chat.features.webhooks.sender import Outcome, Sender
from campfire_chat.feed.reading import read_one
from campfire_chat.jobs.job import Job, Work
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.storage import Storage
from campfire_chat.ledger.transaction import Transaction

#: Deliveries that one run tries, and subjects at the same time.
AT_ONCE = 100
SUBJECTS = 8
#: Seconds after which a run begins no further attempt, so that other webhooks have their turn.
RUN = 20.0
#: Seconds for which nobody else sends for a webhook whose job says nothing more.
CLAIM = 180


class WebhookSending:
    """See the module."""

    def __init__(self, storage: Storage, sender: Sender) -> None:
        self._storage = storage
        self._sender = sender

    def works(self) -> list[Work]:
        return [SEND.done_by(self._send)]

    async def body(self, organization: str, delivery: Delivery, choice: TextChoice) -> bytes | None:
        """What a delivery sends now; None if its event was removed from the log."""
        stream, seq = delivery.stream, delivery.seq
        if stream is None or seq is None:
            return payload.of_test(organization, delivery.webhook_id, delivery.at)
        event = await self._storage.read(
            lambda session: read_one(session, organization, 0, 0, stream, seq)
        )
        if event is None:
            return None
        return payload.of_event(
            *(organization, stream, seq, event.event, event.at, event.payload, choice)
        )

    async def _send(self, job: Job[Sending]) -> Operation[None] | None:
        organization, webhook_id = job.organization, job.arguments.webhook_id
        webhook = await self._storage.submit(_Begin(organization, webhook_id, job.id))
        if webhook is None:
            return None
        now = self._storage.now()
        if (webhook.hold_until or 0) <= now:
            found = await self._storage.read(
                lambda session: queries.due(session, organization, webhook_id, now, AT_ONCE)
            )
            await self._try_all(organization, webhook, found)
        return _End(organization, webhook_id)

    async def _try_all(
        self, organization: str, webhook: Webhook, found: Sequence[Delivery]
    ) -> None:
        subjects: dict[str, list[Delivery]] = {}
        for delivery in found:
            subjects.setdefault(delivery.subject, []).append(delivery)
        # While it fails, one attempt finds out whether it still does.
        room = asyncio.Semaphore(1 if webhook.failures else SUBJECTS)
        failed = asyncio.Event()
        loop = asyncio.get_running_loop()
        ends = loop.time() + RUN

        async def try_subject(waiting: list[Delivery]) -> None:
            for delivery in waiting:
                async with room:
                    if failed.is_set() or loop.time() >= ends:
                        return
                    if not await self._try(organization, webhook, delivery):
                        failed.set()

        async with asyncio.TaskGroup() as group:
            for waiting in subjects.values():
                group.create_task(try_subject(waiting))

    async def _try(self, organization: str, webhook: Webhook, delivery: Delivery) -> bool:
        """Try one delivery and note what came of it; whether the receiver works."""
        body = await self.body(organization, delivery, webhook.text)
        if body is None:
            await self._storage.submit(_Drop(organization, delivery))
            return True
        now = self._storage.now()
        timestamp = now // SECOND
        secrets = webhook.secrets_at(now)
        headers = {
            "User-Agent": "campfire-chat",
            "webhook-id": delivery.message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": rules.signatures(secrets, delivery.message_id, timestamp, body),
        }
        outcome = await self._sender.post(webhook.url, headers, body)
        await self._storage.submit(_Note(organization, delivery, outcome, now))
        return outcome.error is None


class _Begin(Operation[Webhook | None]):
    """Become the job that sends for a webhook; None if there is nothing to send or another job
    does it, which then sees what is due."""

    appends = False

    def __init__(self, organization: str, webhook_id: str, job_id: str) -> None:
        super().__init__(system_actor(organization))
        self._webhook_id = webhook_id
        self._job_id = job_id

    async def run(self, transaction: Transaction) -> Webhook | None:
        session, now = transaction.session, transaction.now
        webhook = await queries.lock(session, self.organization, self._webhook_id)
        if webhook is None or webhook.state is not WebhookState.ACTIVE:
            return None
        if webhook.sender not in (None, self._job_id) and (webhook.sender_until or 0) > now:
            return None
        values = {"sender": self._job_id, "sender_until": now + CLAIM * SECOND}
        await queries.write(session, self.organization, webhook.id, values)
        return webhook


class _End(Operation[None]):
    """Let another job send for a webhook, and have one do it when the next delivery is due."""

    appends = False

    def __init__(self, organization: str, webhook_id: str) -> None:
        super().__init__(system_actor(organization))
        self._webhook_id = webhook_id

    async def run(self, transaction: Transaction) -> None:
        session = transaction.session
        # Locked before what is due is read: a job that comes later finds nobody sending.
        webhook = await queries.lock(session, self.organization, self._webhook_id)
        if webhook is None:
            return
        values = {"sender": None, "sender_until": None}
        await queries.write(session, self.organization, webhook.id, values)
        due = await queries.next_due(session, self.organization, webhook.id)
        if due is not None and webhook.state is WebhookState.ACTIVE:
            run_at = max(due, webhook.hold_until or 0)
            defer_sending(transaction, self.organization, webhook.id, run_at=run_at)


class _Drop(Operation[None]):
    """Give up a delivery whose event is no longer in the log."""

    appends = False

    def __init__(self, organization: str, delivery: Delivery) -> None:
        super().__init__(system_actor(organization))
        self._delivery = delivery

    async def run(self, transaction: Transaction) -> None:
        values = {
            "state": DeliveryState.DROPPED.value,
            "next_at": None,
            "error": "The event was removed.",
            "finished_at": transaction.now,
        }
        await queries.write_delivery(transaction.session, self.organization, self._delivery, values)


class _Note(Operation[None]):
    """Note an attempt in the log, and what follows from it for the delivery and the webhook.

    Args:
        at: When the attempt began, in microseconds since 1970.
    """

    def __init__(self, organization: str, delivery: Delivery, outcome: Outcome, at: int) -> None:
        super().__init__(system_actor(organization))
        self._delivery = delivery
        self._outcome = outcome
        self._at = at
        self.size += 2 * len(outcome.response or "")

    async def run(self, transaction: Transaction) -> None:
        session, organization = transaction.session, self.organization
        webhook = await queries.lock(session, organization, self._delivery.webhook_id)
        delivery = await queries.find_delivery(
            session, organization, self._delivery.webhook_id, self._delivery.id
        )
        if webhook is None or delivery is None:
            # Deleted while the receiver was asked.
            return
        outcome, now = self._outcome, transaction.now
        await queries.add_attempt(
            session,
            organization,
            delivery,
            {
                "number": delivery.attempts + 1,
                "at": self._at,
                "duration": outcome.duration_ms,
                "status": outcome.status,
                "error": outcome.error,
                "response": outcome.response,
            },
        )
        asked = rules.retry_after(outcome.retry_after, now)
        tries = delivery.tries + 1
        next_at = None if outcome.error is None else rules.next_try(tries, now, asked)
        if outcome.error is None:
            state = DeliveryState.DELIVERED
        else:
            state = DeliveryState.FAILED if next_at is None else DeliveryState.WAITING
        await queries.write_delivery(
            session,
            organization,
            delivery,
            {
                "state": state.value,
                "attempts": delivery.attempts + 1,
                "tries": tries,
                "next_at": next_at,
                "status": outcome.status,
                "error": outcome.error,
                "finished_at": None if next_at is not None else now,
            },
        )
        if outcome.error is None:
            await self._worked(transaction, webhook)
        else:
            await self._failed(transaction, webhook, asked)

    async def _worked(self, transaction: Transaction, webhook: Webhook) -> None:
        if webhook.failures:
            values = {"failures": 0, "failing_since": None, "hold_until": None}
            await queries.write(transaction.session, self.organization, webhook.id, values)

    async def _failed(
        self, transaction: Transaction, webhook: Webhook, asked: float | None
    ) -> None:
        now = transaction.now
        failures = webhook.failures + 1
        since = webhook.failing_since or now
        values: dict[str, object] = {
            "failures": failures,
            "failing_since": since,
            "hold_until": rules.hold(failures, now, asked),
        }
        reason = rules.pause_for(self._outcome.status, since, now)
        if reason is not None and webhook.state is WebhookState.ACTIVE:
            values.update(state=WebhookState.PAUSED.value, pause_reason=reason.value, paused_at=now)
            data = WebhookPaused(id=webhook.id, description=webhook.description, reason=reason)
            transaction.tell_inbox(self.organization, WEBHOOK_PAUSED, data)
        await queries.write(transaction.session, self.organization, webhook.id, values)
