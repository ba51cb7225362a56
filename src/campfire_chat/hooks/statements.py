"""The SQL of events that wait for a hook."""

from __future__ import annotations

from sqlalchemy import BigInteger, String, bindparam, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.database.dialects import Engine
from campfire_chat.database.statement import BulkDelete, BulkInsert, Query
from campfire_chat.hooks import tables

_h = tables.held_events.c


def _waiting_subjects(engine: Engine) -> ClauseElement:
    """Which of these subjects have events that wait to be given again."""
    return (
        select(_h.subject)
        .where(
            engine.among(_h.org_id, _h.subject, "subjects"),
            _h.hook == bindparam("hook", type_=String),
        )
        .distinct()
    )


def _waiting(_: Engine) -> ClauseElement:
    """The events of a subject that wait, the first ones first."""
    return (
        select(_h.position, _h.number, _h.stream, _h.seq)
        .where(
            _h.org_id == bindparam("org_id", type_=String),
            _h.hook == bindparam("hook", type_=String),
            _h.subject == bindparam("subject", type_=String),
        )
        .order_by(_h.position, _h.number)
        .limit(bindparam("count", type_=BigInteger))
    )


WAITING_SUBJECTS = Query(_waiting_subjects)
WAITING = Query(_waiting)

INSERT = BulkInsert(tables.held_events, ignore=True)
DELETE = BulkDelete(tables.held_events)
