"""A host app whose hook notes every event in a file; its claims are short."""

from __future__ import annotations

import os

from campfire_chat import Event
from campfire_chat.feed.positions import Positions
from campfire_chat.jobs.queue import Queue
from tests.support.host import campfire_for

#: Seconds; so that a test does not wait half a minute for what a killed process had claimed.
LEASE = 1.0

for kind in (Queue, Positions):
    assert kind.__init__.__kwdefaults__ is not None
    kind.__init__.__kwdefaults__["lease"] = LEASE

campfire = campfire_for(
    os.environ["CAMPFIRE_TEST_DATABASE_URL"], work="elsewhere", poll_interval=0.1
)


@campfire.on("message.created", "conversation.status_changed", name="notes")
def note(event: Event) -> None:
    line = f"{event.organization} {event.id}\n".encode()
    descriptor = os.open(os.environ["CAMPFIRE_TEST_NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)
