"""The queue's SQL."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Integer,
    String,
    and_,
    bindparam,
    delete,
    func,
    null,
    select,
    update,
)
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.database.dialects import Engine
from campfire_chat.database.statement import BulkInsert, Query
from campfire_chat.jobs import tables

_j = tables.jobs.c
_s = tables.schedules.c

# No parameter may be called like a column that an UPDATE sets.
_NOW = bindparam("now", type_=BigInteger)
_ERROR = bindparam("message", type_=String)
_MINE = and_(
    _j.org_id == bindparam("org_id", type_=String),
    _j.job_id == bindparam("job_id", type_=String),
    _j.lease == bindparam("held", type_=String),
)


def _due(engine: Engine) -> ClauseElement:
    """How many jobs of these kinds are due, by organisation. It reads what is due and no more."""
    kinds = select(engine.each("kinds").c.value)
    return (
        select(_j.org_id, func.count())
        .where(_j.due_at <= _NOW, _j.kind.in_(kinds))
        .group_by(_j.org_id)
    )


def _claim(engine: Engine) -> ClauseElement:
    """Lease some due jobs of an organisation; others are claiming at the same time."""
    due = (
        select(_j.job_id)
        .where(engine.among(_j.org_id, _j.kind, "kinds"), _j.due_at <= _NOW)
        .order_by(_j.due_at, _j.job_id)
        .limit(bindparam("count", type_=Integer))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return (
        update(tables.jobs)
        .where(_j.org_id == bindparam("org_id"), _j.job_id.in_(select(due.c.job_id)))
        .values(
            due_at=bindparam("until", type_=BigInteger),
            lease=bindparam("claim", type_=String),
            attempts=_j.attempts + 1,
        )
        .returning(_j.job_id, _j.kind, _j.job_key, _j.arguments, _j.attempts)
    )


def _finish(_: Engine) -> ClauseElement:
    return delete(tables.jobs).where(_MINE).returning(_j.job_id)


def _renew(_: Engine) -> ClauseElement:
    until = bindparam("until", type_=BigInteger)
    return update(tables.jobs).where(_MINE).values(due_at=until).returning(_j.job_id)


def _again(_: Engine) -> ClauseElement:
    """Give a job back, to be claimed at ``again_at``, unless one of its key waits by now."""
    twin = tables.jobs.alias("twin")
    waits = (
        select(twin.c.job_id)
        .where(
            twin.c.org_id == bindparam("org_id", type_=String),
            twin.c.kind == bindparam("of_kind", type_=String),
            twin.c.job_key == bindparam("of_key", type_=String),
            twin.c.lease.is_(None),
            twin.c.parked_at.is_(None),
        )
        .exists()
    )
    return (
        update(tables.jobs)
        .where(_MINE, ~waits)
        .values(
            due_at=bindparam("again_at", type_=BigInteger),
            lease=null(),
            attempts=_j.attempts - bindparam("taken_back", type_=Integer),
            error=func.coalesce(_ERROR, _j.error),
        )
        .returning(_j.job_id)
    )


def _park(_: Engine) -> ClauseElement:
    return (
        update(tables.jobs)
        .where(_MINE)
        .values(due_at=null(), lease=null(), parked_at=_NOW, error=_ERROR)
        .returning(_j.job_id)
    )


def _park_unknown(engine: Engine) -> ClauseElement:
    """Park what has been due since long ago and is of a kind that nobody here knows."""
    kinds = select(engine.each("kinds").c.value)
    return (
        update(tables.jobs)
        .where(_j.due_at <= bindparam("before", type_=BigInteger), _j.kind.not_in(kinds))
        .values(
            due_at=null(),
            lease=null(),
            parked_at=_NOW,
            error=_ERROR,
        )
        .returning(_j.org_id, _j.job_id, _j.kind)
    )


def _end_leases(engine: Engine) -> ClauseElement:
    """End leases that reach further than any can: the clock of whoever took them was ahead."""
    kinds = select(engine.each("kinds").c.value)
    return (
        update(tables.jobs)
        .where(
            _j.due_at > bindparam("after", type_=BigInteger),
            _j.lease.is_not(None),
            _j.kind.in_(kinds),
        )
        .values(due_at=_NOW)
        .returning(_j.job_id)
    )


def _next_due(engine: Engine) -> ClauseElement:
    kinds = select(engine.each("kinds").c.value)
    return (
        select(_j.due_at)
        .where(_j.due_at.is_not(None), _j.kind.in_(kinds))
        .order_by(_j.due_at)
        .limit(1)
    )


def _take_slot(engine: Engine) -> ClauseElement:
    """Move a schedule to a slot; no row when it is there already."""
    slot = bindparam("slot", type_=BigInteger)
    insert = engine.upsert(tables.schedules).values(
        org_id=bindparam("org_id", type_=String), name=bindparam("name", type_=String), slot=slot
    )
    return insert.on_conflict_do_update(
        index_elements=["org_id", "name"],
        set_={"slot": insert.excluded.slot},
        where=_s.slot < insert.excluded.slot,
    ).returning(_s.slot)


DUE = Query(_due)
CLAIM = Query(_claim)
FINISH = Query(_finish)
RENEW = Query(_renew)
AGAIN = Query(_again)
PARK = Query(_park)
PARK_UNKNOWN = Query(_park_unknown)
END_LEASES = Query(_end_leases)
NEXT_DUE = Query(_next_due)
TAKE_SLOT = Query(_take_slot)


INSERT_PARKED = BulkInsert(tables.jobs)
#: A job whose key waits already is that job with another time and other arguments.
INSERT_JOBS = BulkInsert(
    tables.jobs,
    keys=("org_id", "kind", "job_key"),
    where=tables.JOB_WAITS,
    keep=("job_id", "lease", "attempts", "created_at", "error", "parked_at"),
)
