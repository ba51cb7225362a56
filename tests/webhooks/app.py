"""A host whose desk ``campfire-chat worker`` is to be started for; its leases are short."""

from __future__ import annotations

import os

from campfire_chat.feed.positions import Positions
from campfire_chat.jobs.queue import Queue
from tests.support.host import campfire_for
from tests.webhooks.conftest import LOOPBACK

#: Seconds; so that a test does not wait half a minute for what a killed process had claimed.
LEASE = 1.0

for leased in (Queue, Positions):
    assert leased.__init__.__kwdefaults__ is not None
    leased.__init__.__kwdefaults__["lease"] = LEASE

campfire = campfire_for(
    os.environ["CAMPFIRE_TEST_DATABASE_URL"],
    work="elsewhere",
    poll_interval=0.1,
    webhook_networks=LOOPBACK,
)
