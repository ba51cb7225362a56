"""The kinds of jobs of webhooks."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.jobs.job import JobKind
from campfire_chat.jobs.retention import Nothing
from campfire_chat.jobs.retry import Retry
from campfire_chat.jobs.schedule import Schedule
from campfire_chat.ledger.write_batch import WriteBatch


class Sending(Struct, frozen=True):
    webhook_id: str


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
EXPIRE = JobKind("webhook.expire", Nothing, permissions=())
DAILY = Schedule("webhooks", 24 * 3600, EXPIRE.name)


def defer_sending(batch: WriteBatch, organization: str, webhook_id: str, *, run_at: int) -> None:
    """Have a job send what is due of a webhook, in place of one that waits for it already."""
    SEND.defer(batch, organization, Sending(webhook_id), run_at=run_at, key=webhook_id)
