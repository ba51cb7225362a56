"""Calls the host's functions for what has been committed: at least once, and in order."""

from __future__ import annotations

import asyncio
import logging

from campfire_chat.feed.consumer import Consumer
from campfire_chat.feed.reading import FeedEvent, FeedPage
from campfire_chat.hooks import statements
from campfire_chat.hooks.event import event_of, subject_of
from campfire_chat.hooks.held import HoldEvents, consumer_of
from campfire_chat.hooks.registry import AfterHook
from campfire_chat.jobs import failures
from campfire_chat.jobs.failures import OnFailure
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.storage import Storage

logger = logging.getLogger("campfire_chat.hooks")

#: Subjects for which one hook is called at the same time.
AT_ONCE = 16


class AfterEvents:
    """Reads the feed for one hook.

    An event for which the hook raises waits, together with the later ones of its subject, and is
    given out again by a job; see :mod:`campfire_chat.hooks.held`. Everything else goes on.

    Args:
        on_failure: Told of the error when the hook raises.
        at_once: Subjects for which the hook is called at the same time.
    """

    def __init__(
        self,
        hook: AfterHook,
        storage: Storage,
        *,
        on_failure: OnFailure = failures.nobody,
        at_once: int = AT_ONCE,
    ) -> None:
        self._hook = hook
        self._storage = storage
        self._on_failure = on_failure
        self._room = asyncio.Semaphore(at_once)

    @property
    def consumer(self) -> Consumer:
        return Consumer(consumer_of(self._hook.name), self._handle)

    async def _handle(self, organization: str, page: FeedPage) -> Operation[None] | None:
        subjects: dict[str, list[FeedEvent]] = {}
        for event in page.events:
            if event.event in self._hook.events:
                subjects.setdefault(subject_of(event), []).append(event)
        if not subjects:
            return None
        waiting = await self._waiting(organization, list(subjects))
        left: dict[str, list[FeedEvent]] = {
            subject: subjects[subject] for subject in subjects if subject in waiting
        }
        free = {subject: events for subject, events in subjects.items() if subject not in waiting}
        async with asyncio.TaskGroup() as group:
            calls = {
                subject: group.create_task(self._call(events)) for subject, events in free.items()
            }
        left |= {subject: rest for subject, call in calls.items() if (rest := call.result())}
        return HoldEvents(organization, self._hook.name, left) if left else None

    async def _waiting(self, organization: str, subjects: list[str]) -> set[str]:
        """Which of these subjects have events that come first."""
        rows = await self._storage.read(
            lambda session: session.fetch(
                statements.WAITING_SUBJECTS,
                org_id=organization,
                hook=self._hook.name,
                subjects=session.engine.list_value(subjects),
            )
        )
        return {row[0] for row in rows}

    async def _call(self, events: list[FeedEvent]) -> list[FeedEvent]:
        """Call the hook for the events of one subject; those that are left after a failure."""
        for number, event in enumerate(events):
            async with self._room:
                try:
                    await self._hook.call(event_of(event))
                except Exception as error:
                    logger.warning(
                        "the hook %r failed for %s of %s, which is tried again",
                        *(self._hook.name, event.event, event.stream),
                        exc_info=True,
                    )
                    self._on_failure(error)
                    return events[number:]
        return []
