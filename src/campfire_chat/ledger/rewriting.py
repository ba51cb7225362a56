"""Takes the text of a record out of the events that hold it, or puts its new text in there.

The one exception to "append only": whoever edits or deletes something means it, and a replay must
not bring the old text back. Seqs, times and types stay.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from sqlalchemy import bindparam, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import Query
from campfire_chat.ledger import statements, tables
from campfire_chat.ledger.events import known_type

logger = logging.getLogger("campfire_chat.storage")

_e = tables.events.c


def _with_text(_: Engine) -> ClauseElement:
    return select(tables.events).where(
        _e.org_id == bindparam("org_id"), _e.text_of == bindparam("record_id")
    )


#: Every event that holds the text of a record.
WITH_TEXT = Query(_with_text)


async def rewrite_text(session: Session, organization: str, record_id: str, record: Any) -> None:
    """Have every event that holds the text of a record say what the record says now, in its own
    stream and in the inbox.

    Args:
        record_id: What the types of these events call ``text_of``.
        record: The record as it is now. What it is, the types of the events know.
    """
    rows = await session.fetch(WITH_TEXT, org_id=organization, record_id=record_id)
    await session.write(
        statements.REWRITE_EVENTS,
        [
            (*key, event, at, held, rewritten(event, payload, record), spans)
            for *key, event, at, held, payload, spans in rows
        ],
    )


def rewritten(event: str, payload: str, record: Any) -> str:
    """An event's wire text with the present text of a record."""
    found = known_type(event)
    frame: dict[str, Any] = msgspec.json.decode(payload)
    if found is None or found.with_text is None:
        # A newer version wrote it. Its text must not stay, and what else it says is unknown.
        logger.error("an event of the unknown type %r was emptied: it held a changed text", event)
        frame["data"] = {}
    else:
        frame["data"] = found.with_text(frame["data"], record)
    return msgspec.json.encode(frame).decode()
