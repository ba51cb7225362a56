"""Reading organisations, and what was chosen for settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.prepared import Row
from campfire_chat.database.statement import BulkInsert, Query
from campfire_chat.features.organizations import tables

_o = tables.organizations.c
_s = tables.runtime_settings.c

#: Rows that one look for changes reads.
PAGE = 1_000


class Changed(NamedTuple):
    """Somebody has changed settings of ``organization``, as the change of that number."""

    organization: str
    number: int


class Stored(NamedTuple):
    """What was chosen, as a JSON object by the names of settings.

    Attributes:
        chosen: None if nothing ever was.
        number: The number of the last change; 0 if there was none.
    """

    chosen: str | None
    number: int


NOTHING_STORED = Stored(None, 0)


def _organization(_: Engine) -> ClauseElement:
    return select(_o.org_id).where(_o.org_id == bindparam("org_id"))


def _chosen(_: Engine) -> ClauseElement:
    return select(_s.chosen, _s.number).where(
        _s.org_id == bindparam("org_id"), _s.subject == bindparam("subject")
    )


def _changed(_: Engine) -> ClauseElement:
    return (
        select(_s.org_id, _s.number)
        .where(_s.number > bindparam("after", type_=_s.number.type))
        .order_by(_s.number)
        .limit(PAGE)
    )


ORGANIZATION = Query(_organization)
CHOSEN = Query(_chosen)
CHANGED = Query(_changed)
ADD_ORGANIZATIONS = BulkInsert(tables.organizations, ignore=True)
WRITE_CHOSEN = BulkInsert(tables.runtime_settings, keys=("org_id", "subject"))


async def exists(session: Session, organization: str) -> bool:
    return bool(await session.fetch(ORGANIZATION, org_id=organization))


async def read_chosen(session: Session, organization: str, subject: str) -> Stored:
    return stored(await session.fetch(CHOSEN, org_id=organization, subject=subject))


def stored(rows: Sequence[Row]) -> Stored:
    """What the rows of :data:`CHOSEN` say."""
    return Stored(*rows[0]) if rows else NOTHING_STORED


async def changed_since(session: Session, number: int) -> list[Changed]:
    """The next changes after the one of that number, of all organisations."""
    return [Changed(*row) for row in await session.fetch(CHANGED, after=number)]
