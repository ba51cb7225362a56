"""Every event that tells of one contact.

Few events name a contact. But a conversation does, and the events of a conversation are in its
streams. The inbox tells of it too: each of its entries about a conversation holds the text of a
message there, by which an index finds it. The same index finds those that name a contact.
"""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import and_, bindparam, literal, select, union_all
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import Query
from campfire_chat.features.conversations import tables as conversation_tables
from campfire_chat.features.conversations.streams import CONVERSATION, NOTES, VISITOR
from campfire_chat.features.messages import tables
from campfire_chat.ledger import streams
from campfire_chat.ledger import tables as ledger_tables

_c = conversation_tables.conversations.c
_m = tables.messages.c
_e = ledger_tables.events.c


class EventPlace(Struct, frozen=True):
    """Where an event is in the log, and of which type it is."""

    stream: str
    seq: int
    event: str


def _of_contact(_: Engine) -> ClauseElement:
    theirs = (_c.org_id == bindparam("org_id"), _c.contact_id == bindparam("contact_id"))
    names = union_all(
        *(
            select(literal(stream.name("")).concat(_c.conversation_id).label("name")).where(*theirs)
            for stream in (CONVERSATION, NOTES)
        ),
        select(literal(VISITOR.name("")).concat(bindparam("contact_id"))),
    ).subquery("names")
    # Outer joins, which keep the order of the tables: SQLite would read the whole log instead.
    in_streams = select(_e.stream, _e.seq, _e.event).select_from(
        names.outerjoin(
            ledger_tables.events,
            and_(_e.org_id == bindparam("org_id"), _e.stream == names.c.name),
        )
    )
    told = select(_e.stream, _e.seq, _e.event).select_from(
        conversation_tables.conversations.outerjoin(
            tables.messages,
            and_(_m.org_id == _c.org_id, _m.conversation_id == _c.conversation_id),
        ).outerjoin(
            ledger_tables.events,
            and_(
                _e.org_id == _m.org_id,
                _e.text_of == _m.message_id,
                _e.stream == literal(streams.inbox("")).concat(_m.org_id),
            ),
        )
    )
    # What has changed of the contact counts as theirs, as a text would.
    own = select(_e.stream, _e.seq, _e.event).where(
        _e.org_id == bindparam("org_id"), _e.text_of == bindparam("contact_id")
    )
    return union_all(in_streams, told.where(*theirs), own)


#: The places of the events. A stream or a message without any brings a row of nulls.
OF_CONTACT = Query(_of_contact)


async def of_contact(session: Session, organization: str, contact_id: str) -> list[EventPlace]:
    """Every event that tells of a contact, in the order of streams and seqs. The caller has to
    check permission first."""
    rows = await session.fetch(OF_CONTACT, org_id=organization, contact_id=contact_id)
    places = [EventPlace(stream, seq, event) for stream, seq, event in rows if seq is not None]
    return sorted(places, key=lambda place: (place.stream, place.seq))
