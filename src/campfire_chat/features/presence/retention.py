"""Deletes the beats of participants who are gone, as after a crash or a lost connection.

They have not counted since their lifetime was over: see
:mod:`~campfire_chat.features.presence.queries`. Here they only take up room.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Integer, and_, bindparam, delete, not_, select, tuple_
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.access.records import SenderKind
from campfire_chat.database.dialects import Engine
from campfire_chat.database.statement import Query
from campfire_chat.feature import Service
from campfire_chat.features.presence import tables
from campfire_chat.features.presence.queries import CONNECTED, IS_ALIVE
from campfire_chat.features.presence.service import PresenceService
from campfire_chat.jobs.job import Job, JobKind, Work
from campfire_chat.jobs.retention import Nothing
from campfire_chat.jobs.schedule import Schedule
from campfire_chat.ledger.storage import Storage

EXPIRE = JobKind("presence.expire", Nothing, permissions=())
SCHEDULE = Schedule("presence", 6 * 3600, EXPIRE.name)
#: Rows that are deleted at a time; messages are written in between.
AT_ONCE = 500

_p = tables.presence.c
_s = tables.agent_sessions.c


def _delete_dead(_: Engine) -> ClauseElement:
    """Delete some dead beats. The last one of a session stays: it says when the session ended."""
    key = list(tables.presence.primary_key.columns)
    of_session = select(_s.agent_id).where(_s.org_id == _p.org_id, _s.agent_id == _p.participant_id)
    kept = and_(
        _p.place == CONNECTED, _p.participant_kind == SenderKind.AGENT.value, of_session.exists()
    )
    # A beat that another process is just writing is not waited for.
    dead = (
        select(*key)
        .where(not_(IS_ALIVE), not_(kept))
        .limit(bindparam("count", type_=Integer))
        .with_for_update(skip_locked=True)
        .cte("dead")
    )
    return delete(tables.presence).where(tuple_(*key).in_(select(dead))).returning(_p.org_id)


DELETE_DEAD = Query(_delete_dead)


class PresenceRetention(Service):
    """See the module."""

    def __init__(self, storage: Storage, presence: PresenceService) -> None:
        self._storage = storage
        self._presence = presence

    def works(self) -> Iterable[Work]:
        return (EXPIRE.done_by(self.expire),)

    def schedules(self) -> Iterable[Schedule]:
        return (SCHEDULE,)

    async def expire(self, job: Job[Nothing]) -> None:
        """Delete every beat that is dead by the clock of each process, whoever does the job."""
        recent = self._presence.recent.values
        while True:
            deleted = await self._storage.writer.run(
                lambda session: session.fetch(DELETE_DEAD, count=AT_ONCE, **recent)
            )
            if len(deleted) < AT_ONCE:
                return
