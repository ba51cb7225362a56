"""What an agent sees, as a condition in SQL, for queries that read many rows.

It says the same as :func:`campfire_chat.access.policy.reaches`. Most agents see everything, and
their queries do not ask it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.sql.elements import ColumnElement

from campfire_chat.access.actor import Actor
from campfire_chat.database.dialects import Engine


def visible_to(engine: Engine, labels: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a row is visible to an agent with the labels of the parameter ``labels``.

    Args:
        labels: The column with the row's own, written by
            :func:`campfire_chat.access.labels.stored`.
    """
    own, wanted = engine.elements(labels), engine.each("labels")
    shared = select(own.c.value).where(own.c.value.in_(select(wanted.c.value)))
    return or_(labels.is_(None), exists(shared))


def is_narrowed(actor: Actor) -> bool:
    """Whether a query has to ask :func:`visible_to`."""
    return actor.labels is not None


def values_for(engine: Engine, actor: Actor) -> dict[str, Any]:
    """The parameter of :func:`visible_to`, if the query asks it."""
    return {} if actor.labels is None else {"labels": engine.list_value(sorted(actor.labels))}
