"""A host that orders conversations inside its own transactions, until it is killed.

It prints the id of each as soon as its commit has returned.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from typing import Any

import asyncpg

from campfire_chat import Campfire, Visitor
from campfire_chat.jobs.queue import Queue
from tests.support import host

assert Queue.__init__.__kwdefaults__ is not None
#: Seconds; so that a test does not wait half a minute for what a killed process had claimed.
Queue.__init__.__kwdefaults__["lease"] = 1.0

URL = os.environ[host.DATABASE_URL]


async def order(campfire: Campfire, number: int) -> None:
    """One transaction of the host; every third one is rolled back, and prints nothing."""
    keep = number % 3 != 2
    body = f"{'kept' if keep else 'lost'} {number}"
    visitor = Visitor(id=f"user-{number % 5}")
    if URL.startswith("sqlite"):
        connection: Any = sqlite3.connect(URL.removeprefix("sqlite:///"), timeout=120)
        about = await campfire.within(connection).open_conversation(visitor, body)
        connection.commit() if keep else connection.rollback()
        connection.close()
    else:
        connection = await asyncpg.connect(URL)
        transaction = connection.transaction()
        await transaction.start()
        about = await campfire.within(connection).open_conversation(visitor, body)
        await (transaction.commit() if keep else transaction.rollback())
        await connection.close()
    if keep:
        os.write(1, f"{about}\n".encode())


async def main(first: int, count: int) -> None:
    campfire = host.campfire_for(URL, poll_interval=0.1, drain_on_signal=False)
    async with campfire.lifespan():
        for number in range(first, first + count):
            await order(campfire, number)
        # Right after the last commit, while its own worker does the first ones.
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
