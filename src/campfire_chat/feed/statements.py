"""The SQL of consumers and their positions."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    String,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.core import scalars
from campfire_chat.database.dialects import Engine
from campfire_chat.database.statement import BulkInsert, Query
from campfire_chat.feed import tables
from campfire_chat.ledger import streams
from campfire_chat.ledger import tables as ledger_tables

_c = tables.consumers.c
_s = ledger_tables.streams.c

# No parameter may be called like a column that an UPDATE sets.
_UNTIL = bindparam("until", type_=BigInteger)
_MINE = and_(
    _c.org_id == bindparam("org_id", type_=String),
    _c.consumer == bindparam("name", type_=String),
    _c.lease == bindparam("held", type_=String),
)


def _inbox_of(organization: ClauseElement) -> ClauseElement:
    return literal(streams.inbox("")).concat(organization)  # type: ignore[arg-type]


def _organizations(_: Engine) -> ClauseElement:
    """Every organisation that has an inbox, with its head.

    One lookup each: the index of streams is entered again behind each organisation, instead of
    reading the streams of all conversations.
    """
    first = select(func.min(_s.org_id).label("org_id")).cte("organizations", recursive=True)
    following = select(func.min(_s.org_id)).where(_s.org_id > first.c.org_id).scalar_subquery()
    every = first.union_all(select(following).where(first.c.org_id.is_not(None)))
    return select(_s.org_id, _s.head).select_from(
        every.join(
            ledger_tables.streams,
            and_(_s.org_id == every.c.org_id, _s.stream == _inbox_of(every.c.org_id)),
        )
    )


def _known(engine: Engine) -> ClauseElement:
    """Which consumers are known already."""
    return select(_c.consumer).where(engine.among(_c.org_id, _c.consumer, "names"))


def _behind(engine: Engine) -> ClauseElement:
    """Where consumers have something to read."""
    names = select(engine.each("names").c.value)
    return (
        select(_c.org_id, _c.consumer)
        .select_from(
            tables.consumers.join(
                ledger_tables.streams,
                and_(_s.org_id == _c.org_id, _s.stream == _inbox_of(_c.org_id)),
            )
        )
        .where(_c.org_id != scalars.INSTALLATION, _c.consumer.in_(names), _s.head > _c.position)
    )


def _states(_: Engine) -> ClauseElement:
    """Every consumer in every organisation, with the head of its feed."""
    return (
        select(_c.org_id, _c.consumer, _c.position, _s.head, _c.failed_at, _c.error)
        .select_from(
            tables.consumers.outerjoin(
                ledger_tables.streams,
                and_(_s.org_id == _c.org_id, _s.stream == _inbox_of(_c.org_id)),
            )
        )
        .where(_c.org_id != scalars.INSTALLATION)
        .order_by(_c.consumer, _c.org_id)
    )


def _claim(_: Engine) -> ClauseElement:
    """Become the process that reads for a consumer, unless another one is; its position."""
    held = bindparam("held", type_=String)
    return (
        update(tables.consumers)
        .where(
            _c.org_id == bindparam("org_id", type_=String),
            _c.consumer == bindparam("name", type_=String),
            or_(
                _c.lease.is_(None),
                _c.lease == held,
                _c.leased_until <= bindparam("now", type_=BigInteger),
                # The clock of whoever took it was ahead.
                _c.leased_until > bindparam("latest", type_=BigInteger),
            ),
        )
        .values(lease=held, leased_until=_UNTIL)
        .returning(_c.position)
    )


def _renew(_: Engine) -> ClauseElement:
    return update(tables.consumers).where(_MINE).values(leased_until=_UNTIL).returning(_c.position)


def _release(_: Engine) -> ClauseElement:
    return update(tables.consumers).where(_MINE).values(lease=null()).returning(_c.position)


def _advance(_: Engine) -> ClauseElement:
    """Move the position of a consumer that this process reads for; no row if it does not."""
    return (
        update(tables.consumers)
        .where(_MINE)
        .values(
            position=bindparam("reached", type_=BigInteger),
            leased_until=_UNTIL,
            error=null(),
            failed_at=null(),
        )
        .returning(_c.position)
    )


def _failed(_: Engine) -> ClauseElement:
    """Note why a consumer does not get on; the time of the first failure stays."""
    return (
        update(tables.consumers)
        .where(_MINE)
        .values(
            error=cast(bindparam("message", type_=Text), Text),
            failed_at=func.coalesce(_c.failed_at, bindparam("now", type_=BigInteger)),
        )
        .returning(_c.position)
    )


def _lock(engine: Engine) -> ClauseElement:
    query = select(_c.position).where(
        _c.org_id == bindparam("org_id", type_=String),
        _c.consumer == bindparam("name", type_=String),
    )
    return query.with_for_update() if engine.lock_rows else query


ORGANIZATIONS = Query(_organizations)
KNOWN = Query(_known)
BEHIND = Query(_behind)
STATES = Query(_states)
CLAIM = Query(_claim)
RENEW = Query(_renew)
RELEASE = Query(_release)
ADVANCE = Query(_advance)
FAILED = Query(_failed)
LOCK = Query(_lock)

ENSURE_CONSUMERS = BulkInsert(tables.consumers, ignore=True)
#: The position, without looking at the lease: a process that lost it has handled what it says.
WRITE_POSITIONS = BulkInsert(
    tables.consumers,
    keys=("org_id", "consumer"),
    keep=("lease", "leased_until"),
    forward={"position": "position", "error": "position", "failed_at": "position"},
)
