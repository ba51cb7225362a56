"""Open conversations in which nothing happens any more are resolved by themselves, if the
organisation wants that."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Annotated, Final

from msgspec import Meta, Struct
from sqlalchemy import Integer, bindparam, select, tuple_
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.access.actor import SYSTEM, Actor
from campfire_chat.access.policy import require
from campfire_chat.core import clock, ids
from campfire_chat.core.errors import InternalError
from campfire_chat.core.runtime_settings import Scope, Setting
from campfire_chat.database.dialects import Engine
from campfire_chat.database.statement import Query
from campfire_chat.feature import Service
from campfire_chat.features.conversations import tables
from campfire_chat.features.conversations.aggregate import CONVERSATIONS, append_changes
from campfire_chat.features.conversations.permissions import (
    CONVERSATIONS_MANAGE,
    CONVERSATIONS_READ,
)
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.rules import Patch, change, is_silent
from campfire_chat.features.messages.adding import add_message, begin_message
from campfire_chat.features.messages.permissions import CONVERSATIONS_REPLY
from campfire_chat.features.messages.rules import check_body
from campfire_chat.features.organizations.permissions import SETTINGS_EDIT
from campfire_chat.features.organizations.service import SettingsService
from campfire_chat.jobs.job import Job, JobKind, Work
from campfire_chat.jobs.retention import Nothing
from campfire_chat.jobs.schedule import Schedule
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.storage import Storage
from campfire_chat.ledger.transaction import Transaction

logger = logging.getLogger("campfire_chat.conversations")

_c = tables.conversations.c

HOUR = 3600 * clock.SECOND
#: Conversations that are resolved in one stretch.
AT_ONCE = 50
#: Characters of a closing message.
MOST_CHARACTERS = 1_000

Hours = Annotated[int, Meta(ge=1, le=8760)]


def _check_closing(message: str | None) -> str | None:
    return None if message is None else check_body(message, limit=MOST_CHARACTERS)


RESOLVE_HOURS: Final = Setting[Hours | None](
    name="resolve_hours",
    label="Resolve after silence",
    unset="never",
    unit="hours",
    type=Hours | None,
    default=None,
    scope=Scope.ORGANIZATION,
    permission=SETTINGS_EDIT.name,
    edited_in="Conversations",
    description=(
        "After how many hours in which nothing happens an open conversation is resolved, if its "
        "visitor does not wait for an answer."
    ),
)
CLOSING_MESSAGE: Final = Setting[str | None](
    name="closing_message",
    label="Closing message",
    unset="no message",
    type=str | None,
    default=None,
    scope=Scope.ORGANIZATION,
    permission=SETTINGS_EDIT.name,
    edited_in="Conversations",
    description="What the visitor is told when a conversation is resolved after silence.",
    check=_check_closing,
)
SETTINGS: Final = (RESOLVE_HOURS, CLOSING_MESSAGE)


class Stretch(Struct, frozen=True):
    """Where a stretch begins: after the conversation of this last activity and this id."""

    activity: int = 0
    conversation_id: str = ""


SWEEP = JobKind("conversation.sweep", Nothing, permissions=())
#: One waits at most for each organisation.
RESOLVE = JobKind(
    "conversation.resolve_silent",
    Stretch,
    permissions=(CONVERSATIONS_READ, CONVERSATIONS_MANAGE, CONVERSATIONS_REPLY),
)
JOBS: Final = (SWEEP, RESOLVE)
SCHEDULE = Schedule("silence", 15 * 60, SWEEP.name)


def _silent(_: Engine) -> ClauseElement:
    at = _c.last_activity_at
    place = tuple_(bindparam("activity", type_=at.type), bindparam("after"))
    return (
        select(at, _c.conversation_id)
        .where(
            _c.org_id == bindparam("org_id"),
            _c.status == Status.OPEN.value,
            at <= bindparam("until", type_=at.type),
            tuple_(at, _c.conversation_id) > place,
            _c.waiting_since.is_(None),
            _c.last_at <= bindparam("until", type_=at.type),
        )
        .order_by(at, _c.conversation_id)
        .limit(bindparam("count", type_=Integer))
    )


#: Open conversations in which nothing has happened since a time, and nobody waits.
SILENT = Query(_silent)


class ResolveSilent(Operation[None]):
    """Resolve a conversation; nothing if something has happened meanwhile.

    Args:
        until: The last time at which something may have happened in it.
        closing: What its visitor is told; None for nothing.
    """

    kind = CONVERSATIONS

    def __init__(
        self, actor: Actor, conversation_id: str, *, until: int, closing: str | None
    ) -> None:
        super().__init__(actor, (conversation_id,))
        self._conversation_id = conversation_id
        self._until = until
        self._closing = closing

    async def run(self, transaction: Transaction) -> None:
        require(self.actor, CONVERSATIONS_MANAGE)
        conversation = transaction.aggregate(CONVERSATIONS, self.actor, self._conversation_id)
        if not is_silent(conversation, self._until):
            return
        if self._closing is not None:
            require(self.actor, CONVERSATIONS_REPLY)
            message = begin_message(
                self.actor,
                conversation,
                now=transaction.now,
                client_id=ids.new(ids.MESSAGE),
                body=self._closing,
            )
            add_message(transaction, self.actor, conversation, message, assign=False)
        changes = change(
            conversation,
            Patch(status=Status.RESOLVED),
            actor=SYSTEM,
            now=transaction.now,
            reason="silence",
        )
        append_changes(transaction, conversation, changes)


class _Defer(Operation[None]):
    """Have stretches of these organisations done."""

    appends = False

    def __init__(self, actor: Actor, stretches: Sequence[tuple[str, Stretch]]) -> None:
        super().__init__(actor)
        self._stretches = stretches

    async def run(self, transaction: Transaction) -> None:
        for organization, stretch in self._stretches:
            RESOLVE.defer(transaction, organization, stretch, run_at=transaction.now, key="silence")


class Silence(Service):
    """See the module. Every quarter of an hour a job looks which organisations want it, and defers
    one job for each of them, which resolves some conversations at a time."""

    def __init__(self, storage: Storage, settings: SettingsService) -> None:
        self._storage = storage
        self._settings = settings

    def works(self) -> Iterable[Work]:
        yield SWEEP.done_by(self._sweep)
        yield RESOLVE.done_by(self._resolve)

    def schedules(self) -> Iterable[Schedule]:
        return (SCHEDULE,)

    async def _sweep(self, job: Job[Nothing]) -> Operation[None]:
        wanted = [
            organization
            for organization in await self._settings.changed_organizations()
            if (await self._settings.of(organization))[RESOLVE_HOURS] is not None
        ]
        return _Defer(job.actor, [(organization, Stretch()) for organization in wanted])

    async def _resolve(self, job: Job[Stretch]) -> Operation[None] | None:
        settings = await self._settings.of(job.organization)
        hours, closing = settings[RESOLVE_HOURS], settings[CLOSING_MESSAGE]
        if hours is None:
            return None
        until, start = self._storage.now() - hours * HOUR, job.arguments
        rows = await self._storage.read(
            lambda session: session.fetch(
                SILENT,
                org_id=job.organization,
                until=until,
                activity=start.activity,
                after=start.conversation_id,
                count=AT_ONCE,
            )
        )
        await asyncio.gather(
            *(
                self._resolve_one(
                    ResolveSilent(job.actor, about, until=until, closing=closing), about
                )
                for _, about in rows
            )
        )
        if len(rows) < AT_ONCE:
            return None
        return _Defer(job.actor, [(job.organization, Stretch(*rows[-1]))])

    async def _resolve_one(self, operation: ResolveSilent, conversation_id: str) -> None:
        try:
            await self._storage.submit(operation)
        except InternalError:
            # The others have to be resolved all the same.
            logger.warning("%s could not be resolved", conversation_id, exc_info=True)
