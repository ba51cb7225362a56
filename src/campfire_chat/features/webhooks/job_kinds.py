"""The kinds of jobs of webhooks."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.features.webhooks.records import DeliveryState
from campfire_chat.jobs.job import JobKind
from campfire_chat.jobs.retention import Nothing
from campfire_chat.jobs.retry import Retry
from campfire_chat.jobs.schedule import Schedule
from campfire_chat.ledger.write_batch import WriteBatch


class Sending(Struct, frozen=True):
    webhook_id: str


class Replaying(Struct, frozen=True, kw_only=True):
    """What of a replay is still to do.

    Attributes:
        since: The beginning of the span of the events, in microseconds since 1970; ``until`` is
            its end, which is not part of it.
        only: Deliveries in this state; None for all that are finished.
        after: The last delivery that was looked at; empty at the beginning.
        end: The last delivery that there was when somebody asked for the replay.
    """

    webhook_id: str
    since: int
    until: int
    only: DeliveryState | None
    after: str
    end: str


#: Sends what is due of one webhook. A failing receiver is no failure of the job: it is noted at
#: the delivery. So the attempts are for what the desk itself cannot do, such as reach its database.
SEND = JobKind(
    "webhook.send",
    Sending,
    permissions=(),
    retry=Retry(attempts=1000, first=1.0, longest=300.0),
    timeout=120.0,
    at_once=4,
)
#: Goes on with a replay, one step at a time.
REPLAY = JobKind("webhook.replay", Replaying, permissions=())
EXPIRE = JobKind("webhook.expire", Nothing, permissions=())
DAILY = Schedule("webhooks", 24 * 3600, EXPIRE.name)


def defer_sending(batch: WriteBatch, organization: str, webhook_id: str, *, run_at: int) -> None:
    """Have a job send what is due of a webhook, in place of one that waits for it already."""
    SEND.defer(batch, organization, Sending(webhook_id), run_at=run_at, key=webhook_id)
