"""Reading the events of a conversation, the latest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Integer, bindparam, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.access.records import Participant
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import Query
from campfire_chat.features.history.records import HistoryEntry
from campfire_chat.ledger import tables
from campfire_chat.ledger.events import EventFrame

_e = tables.events.c
_decode = msgspec.json.Decoder(EventFrame).decode

#: Where a page ends in each stream: the seq of the last entry that was on it. A stream of which
#: nothing was on a page yet is not in it.
Place = dict[str, int]


def _before(_: Engine) -> ClauseElement:
    return (
        select(_e.payload)
        .where(
            _e.org_id == bindparam("org_id"),
            _e.stream == bindparam("stream"),
            _e.seq < bindparam("before", type_=_e.seq.type),
        )
        .order_by(_e.seq.desc())
        .limit(bindparam("count", type_=Integer))
    )


BEFORE = Query(_before)
#: More than any seq.
_END = 2**62


async def page(
    session: Session, organization: str, streams: Sequence[str], before: Place, limit: int
) -> tuple[list[HistoryEntry], Place | None]:
    """The next entries of several streams, the latest first, and where the following page begins.

    Each stream is read in the order of its seqs. So nothing is missing and nothing comes twice,
    also when two events have the same time.
    """
    found: list[HistoryEntry] = []
    for stream in streams:
        rows = await session.fetch(
            BEFORE,
            org_id=organization,
            stream=stream,
            before=before.get(stream, _END),
            count=limit + 1,
        )
        found += [_entry(_decode(row[0])) for row in rows]
    found.sort(key=lambda entry: (entry.at, entry.seq), reverse=True)
    shown = found[:limit]
    if len(found) == len(shown):
        return shown, None
    return shown, {**before, **_last_seqs(shown)}


def _last_seqs(shown: list[HistoryEntry]) -> Place:
    return {entry.stream: entry.seq for entry in shown}


def _entry(event: EventFrame) -> HistoryEntry:
    data: dict[str, Any] = event.data
    return HistoryEntry(
        stream=event.stream,
        seq=event.seq,
        event=event.event,
        at=event.at,
        actor=_actor(event.event, data),
        data=data,
    )


def _actor(event: str, data: dict[str, Any]) -> Participant | None:
    """Who did it. Only its author edits a message; a deletion may be somebody else's."""
    told = data.get("actor")
    if told is None and event in ("message.created", "message.updated"):
        told = data.get("sender")
    return None if told is None else msgspec.convert(told, Participant)
