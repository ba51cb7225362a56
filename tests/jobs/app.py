"""A host whose desk ``campfire-chat worker`` is to be started for; its leases are short."""

from __future__ import annotations

import os

from campfire_chat.jobs.queue import Queue
from tests.support.host import campfire_for

#: Seconds; so that a test does not wait half a minute for what a killed process had claimed.
LEASE = 1.0

assert Queue.__init__.__kwdefaults__ is not None
Queue.__init__.__kwdefaults__["lease"] = LEASE

campfire = campfire_for(
    os.environ["CAMPFIRE_TEST_DATABASE_URL"], work="elsewhere", poll_interval=0.1
)
