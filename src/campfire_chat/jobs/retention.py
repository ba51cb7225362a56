"""What is forgotten after a time: keys of writes that nobody will repeat any more."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import BigInteger, Integer, bindparam, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.core.clock import SECOND, Clock
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Lanes
from campfire_chat.database.statement import BulkDelete, Query
from campfire_chat.jobs.job import Job, JobKind
from campfire_chat.jobs.schedule import Schedule
from campfire_chat.ledger import statements as ledger_statements
from campfire_chat.ledger import tables as ledger_tables

#: Seconds for which a repeated write is known by its key. Messages are known for ever.
KEY_LIFE = 30 * 24 * 3600
#: Rows that are deleted at a time; messages are written in between.
AT_ONCE = 500

_i = ledger_tables.idempotency.c


class Nothing(Struct, frozen=True):
    """A job that has nothing to say."""


EXPIRE_KEYS = JobKind("idempotency.expire", Nothing, permissions=())
DAILY = Schedule("idempotency", 24 * 3600, EXPIRE_KEYS.name)


def _old_keys(_: Engine) -> ClauseElement:
    return (
        select(_i.org_id, _i.client_key)
        .where(_i.at < bindparam("before", type_=BigInteger))
        .limit(bindparam("count", type_=Integer))
    )


OLD_KEYS = Query(_old_keys)


async def delete_older(
    writer: Lanes, readers: Lanes, old: Query, statement: BulkDelete, before: int
) -> None:
    """Delete the rows that are older than ``before``, in microseconds since 1970, some at a time.

    Args:
        old: Finds at most ``count`` of them from before ``before``: their primary keys.
        statement: Deletes them by these keys.
    """
    while True:
        rows = await readers.run(lambda session: session.fetch(old, before=before, count=AT_ONCE))
        if not rows:
            return
        keys = [tuple(row) for row in rows]
        await writer.run(
            lambda session: session.transaction(lambda _: session.write(statement, keys))  # noqa: B023
        )


class Retention:
    """See the module."""

    def __init__(self, writer: Lanes, readers: Lanes, *, now: Clock) -> None:
        self._writer = writer
        self._readers = readers
        self._now = now

    async def expire_keys(self, job: Job[Nothing]) -> None:
        """Forget the keys of writes from before :data:`KEY_LIFE`."""
        await delete_older(
            *(self._writer, self._readers, OLD_KEYS, ledger_statements.DELETE_IDEMPOTENCY),
            self._now() - KEY_LIFE * SECOND,
        )
