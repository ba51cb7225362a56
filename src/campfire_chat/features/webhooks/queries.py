"""Reading and writing webhooks, their deliveries, and the attempts of these."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Integer, bindparam, delete, func, insert, select, update
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import BulkDelete, BulkInsert, Query
from campfire_chat.features.webhooks.codec import (
    Delivery,
    Webhook,
    attempt_of,
    delivery_of,
    webhook_of,
)
from campfire_chat.features.webhooks.job_kinds import Replaying
from campfire_chat.features.webhooks.records import AttemptRecord, DeliveryState
from campfire_chat.features.webhooks.tables import attempts, deliveries, webhooks

_w = webhooks.c
_d = deliveries.c
_a = attempts.c

ADD_DELIVERIES = BulkInsert(deliveries)
DELETE_DELIVERIES = BulkDelete(deliveries)
DELETE_ATTEMPTS = BulkDelete(attempts)


def _old_deliveries(_: Engine) -> ClauseElement:
    return (
        select(_d.org_id, _d.webhook_id, _d.delivery_id)
        .where(_d.created_at < bindparam("before", type_=BigInteger))
        .order_by(_d.created_at)
        .limit(bindparam("count", type_=Integer))
    )


def _old_attempts(_: Engine) -> ClauseElement:
    return (
        select(_a.org_id, _a.webhook_id, _a.delivery_id, _a.number)
        .where(_a.at < bindparam("before", type_=BigInteger))
        .order_by(_a.at)
        .limit(bindparam("count", type_=Integer))
    )


def _organizations(_: Engine) -> ClauseElement:
    return select(_w.org_id).distinct()


ORGANIZATIONS = Query(_organizations)
OLD_DELIVERIES = Query(_old_deliveries)
OLD_ATTEMPTS = Query(_old_attempts)


def _this(organization: str, webhook_id: str) -> Any:
    return (_w.org_id == organization) & (_w.webhook_id == webhook_id)


async def organizations(session: Session) -> list[str]:
    """Every organisation that has a webhook."""
    return [organization for (organization,) in await session.fetch(ORGANIZATIONS)]


async def all_of(session: Session, organization: str) -> list[Webhook]:
    """The webhooks of an organisation, the oldest first."""
    wanted = select(webhooks).where(_w.org_id == organization).order_by(_w.webhook_id)
    return [webhook_of(row) for row in await session.all(wanted)]


async def find(session: Session, organization: str, webhook_id: str) -> Webhook | None:
    row = await session.first(select(webhooks).where(_this(organization, webhook_id)))
    return None if row is None else webhook_of(row)


async def lock(session: Session, organization: str, webhook_id: str) -> Webhook | None:
    """The same, and nobody else changes it before the transaction ends."""
    # SQLite writes one transaction at a time, and knows no FOR UPDATE.
    await session.execute(
        update(webhooks).where(_this(organization, webhook_id)).values(org_id=organization)
    )
    return await find(session, organization, webhook_id)


async def count(session: Session, organization: str) -> int:
    row = await session.first(
        select(func.count().label("count")).select_from(webhooks).where(_w.org_id == organization)
    )
    return 0 if row is None else row["count"]


async def add(session: Session, organization: str, values: dict[str, Any]) -> None:
    await session.execute(insert(webhooks).values(org_id=organization, **values))


async def write(
    session: Session, organization: str, webhook_id: str, values: dict[str, Any]
) -> None:
    await session.execute(update(webhooks).where(_this(organization, webhook_id)).values(**values))


async def remove(session: Session, organization: str, webhook_id: str) -> None:
    """Its deliveries are removed with their age, and nobody sees them any more."""
    await session.execute(delete(webhooks).where(_this(organization, webhook_id)))


# Deliveries.


def _one(organization: str, webhook_id: str, delivery_id: str) -> Any:
    return (
        (_d.org_id == organization)
        & (_d.webhook_id == webhook_id)
        & (_d.delivery_id == delivery_id)
    )


async def due(
    session: Session, organization: str, webhook_id: str, now: int, limit: int
) -> list[Delivery]:
    """Deliveries that are to be tried now, those first that have waited longest."""
    wanted = (
        select(deliveries)
        .where(_d.org_id == organization, _d.webhook_id == webhook_id, _d.next_at <= now)
        .order_by(_d.next_at, _d.delivery_id)
        .limit(limit)
    )
    return [delivery_of(row) for row in await session.all(wanted)]


async def next_due(session: Session, organization: str, webhook_id: str) -> int | None:
    """When the next delivery is to be tried; None if none waits."""
    row = await session.first(
        select(func.min(_d.next_at).label("next_at")).where(
            _d.org_id == organization, _d.webhook_id == webhook_id, _d.next_at.is_not(None)
        )
    )
    return None if row is None else row["next_at"]


async def find_delivery(
    session: Session, organization: str, webhook_id: str, delivery_id: str
) -> Delivery | None:
    row = await session.first(select(deliveries).where(_one(organization, webhook_id, delivery_id)))
    return None if row is None else delivery_of(row)


async def page(
    session: Session,
    organization: str,
    webhook_id: str,
    state: DeliveryState | None,
    before: str | None,
    limit: int,
) -> list[Delivery]:
    """Deliveries, the newest first."""
    wanted = select(deliveries).where(_d.org_id == organization, _d.webhook_id == webhook_id)
    if state is not None:
        wanted = wanted.where(_d.state == state.value)
    if before is not None:
        wanted = wanted.where(_d.delivery_id < before)
    rows = await session.all(wanted.order_by(_d.delivery_id.desc()).limit(limit))
    return [delivery_of(row) for row in rows]


async def write_delivery(
    session: Session, organization: str, delivery: Delivery, values: dict[str, Any]
) -> None:
    place = _one(organization, delivery.webhook_id, delivery.id)
    await session.execute(update(deliveries).where(place).values(**values))


async def hasten(session: Session, organization: str, webhook_id: str, now: int) -> None:
    """Try every delivery at once that waits for a later time."""
    await session.execute(
        update(deliveries)
        .where(_d.org_id == organization, _d.webhook_id == webhook_id, _d.next_at > now)
        .values(next_at=now)
    )


_RESTARTED: dict[str, Any] = {
    "state": DeliveryState.WAITING.value,
    "tries": 0,
    "error": None,
    "finished_at": None,
}


async def restart(
    session: Session, organization: str, webhook_id: str, delivery_id: str, now: int
) -> None:
    """Send a delivery again unless it waits."""
    await session.execute(
        update(deliveries)
        .where(_one(organization, webhook_id, delivery_id), _d.state != DeliveryState.WAITING.value)
        .values(**_RESTARTED, next_at=now)
    )


async def last_id(session: Session, organization: str, webhook_id: str) -> str | None:
    """The last delivery of a webhook; None if it has none."""
    row = await session.first(
        select(func.max(_d.delivery_id).label("last")).where(
            _d.org_id == organization, _d.webhook_id == webhook_id
        )
    )
    return None if row is None else row["last"]


async def restart_some(
    session: Session, organization: str, replaying: Replaying, *, now: int, count: int
) -> str | None:
    """Send the next deliveries of a replay again.

    Args:
        count: How many are looked at, at most.

    Returns:
        The last one that was looked at; None if there are no more behind it.
    """
    those = (
        (_d.org_id == organization)
        & (_d.webhook_id == replaying.webhook_id)
        & (_d.delivery_id > replaying.after)
        & (_d.delivery_id <= replaying.end)
    )
    if replaying.only is not None:
        those &= _d.state == replaying.only.value
    row = await session.first(
        select(_d.delivery_id).where(those).order_by(_d.delivery_id).limit(1).offset(count - 1)
    )
    last: str | None = None if row is None else row["delivery_id"]
    await session.execute(
        update(deliveries)
        .where(
            those,
            _d.delivery_id <= (last or replaying.end),
            _d.state != DeliveryState.WAITING.value,
            _d.at >= replaying.since,
            _d.at < replaying.until,
        )
        .values(**_RESTARTED, next_at=now)
    )
    return last


async def add_attempt(
    session: Session, organization: str, delivery: Delivery, values: dict[str, Any]
) -> None:
    await session.execute(
        insert(attempts).values(
            org_id=organization,
            webhook_id=delivery.webhook_id,
            delivery_id=delivery.id,
            **values,
        )
    )


async def attempts_of(
    session: Session, organization: str, webhook_id: str, delivery_id: str
) -> list[AttemptRecord]:
    wanted = (
        select(attempts)
        .where(
            _a.org_id == organization,
            _a.webhook_id == webhook_id,
            _a.delivery_id == delivery_id,
        )
        .order_by(_a.number)
    )
    return [attempt_of(row) for row in await session.all(wanted)]
