"""A host app for ``campfire-chat worker``, which notes in a file whatever it does outside.

Besides the desk's own jobs it has errands, three schedules and a hook. A worker appends a line for
each call, so a killed one loses none that it made.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable

from msgspec import Struct

from campfire_chat import Event, runtime
from campfire_chat.feature import Feature, Parts, Service
from campfire_chat.feed.positions import Positions
from campfire_chat.jobs.job import Job, JobKind, Work
from campfire_chat.jobs.queue import Queue
from campfire_chat.jobs.schedule import Schedule
from tests.support import host

NOTES = "CAMPFIRE_TEST_NOTES"
#: Seconds that a claim of a worker is good for; the product's own time if it is not set.
LEASE = "CAMPFIRE_TEST_LEASE"

#: Seconds between two ticks of each schedule.
SCHEDULES = (2, 3, 5)


class Errand(Struct, frozen=True):
    number: int


class Tick(Struct, frozen=True):
    pass


ERRAND = JobKind("errand.call", Errand, permissions=())
TICKS = {every: JobKind(f"errand.tick_{every}", Tick, permissions=()) for every in SCHEDULES}


def note(*words: str) -> None:
    descriptor = os.open(os.environ[NOTES], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, (" ".join(words) + "\n").encode())
    finally:
        os.close(descriptor)


class Errands(Service):
    def works(self) -> Iterable[Work]:
        async def call(job: Job[Errand]) -> None:
            note("errand", str(job.arguments.number), job.id)
            # Time to be killed in, after the call and before the job is done.
            await asyncio.sleep(0.5)

        yield ERRAND.done_by(call)
        for every, kind in TICKS.items():

            async def tick(job: Job[Tick], every: int = every) -> None:
                note("tick", str(every), job.id)

            yield kind.done_by(tick)

    def schedules(self) -> Iterable[Schedule]:
        return [Schedule(kind.name, every, kind.name) for every, kind in TICKS.items()]


def _services(parts: Parts) -> Iterable[object]:
    yield Errands()


if NOTES in os.environ:
    if LEASE in os.environ:
        for leased in (Queue, Positions):
            assert leased.__init__.__kwdefaults__ is not None
            leased.__init__.__kwdefaults__["lease"] = float(os.environ[LEASE])
    runtime.FEATURES = (*runtime.FEATURES, Feature("errands", services=_services))
    campfire = host.campfire_for(os.environ[host.DATABASE_URL], work="elsewhere", poll_interval=0.1)

    @campfire.on("conversation.status_changed", name="notes")
    def note_event(event: Event) -> None:
        note("event", event.organization, event.id)
