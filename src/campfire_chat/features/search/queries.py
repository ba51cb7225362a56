"""Reading what is to be indexed, and the index itself as far as writing it needs that."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BigInteger, Integer, String, and_, bindparam, column, select, table
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

from campfire_chat.access.records import SenderKind
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import BulkDelete, BulkInsert, Query
from campfire_chat.features.contacts import tables as contact_tables
from campfire_chat.features.conversations import tables as conversation_tables
from campfire_chat.features.messages import tables as message_tables
from campfire_chat.features.messages.records import Visibility
from campfire_chat.features.search import rules, tables
from campfire_chat.features.search.documents import (
    Document,
    Person,
    of_conversation,
    of_message,
)
from campfire_chat.feed import statements as feed_statements

_d = tables.documents.c
_m = message_tables.messages.c
_c = conversation_tables.conversations.c
_p = contact_tables.contacts.c
#: The FTS5 table of SQLite, which is no table of a schema that both databases have.
sqlite_index = table(tables.SQLITE_INDEX, column("rowid", BigInteger))

_tags = msgspec.json.Decoder(list[str]).decode

_CONTACT = and_(_p.org_id == _c.org_id, _p.contact_id == _c.contact_id)
_PERSON = (_p.contact_id, _p.name, _p.email)


class Indexed(NamedTuple):
    """What the index knows of a thing: its number, and a digest of what it holds of it."""

    number: int
    digest: str


def _messages(engine: Engine) -> ClauseElement:
    """Messages that are not deleted, each with the contact of its conversation."""
    of_conversation = and_(_c.org_id == _m.org_id, _c.conversation_id == _m.conversation_id)
    return (
        select(
            *(_m.message_id, _m.conversation_id, _m.visibility, _m.at, _m.body),
            *(_m.sender_kind, _m.sender_id, _m.sender_name),
            *_PERSON,
        )
        .select_from(
            message_tables.messages.join(
                conversation_tables.conversations, of_conversation
            ).outerjoin(contact_tables.contacts, _CONTACT)
        )
        .where(engine.among(_m.org_id, _m.message_id, "ids"), _m.deleted_at.is_(None))
    )


def _conversations(engine: Engine) -> ClauseElement:
    return (
        select(
            *(_c.conversation_id, _c.number, _c.created_at, _c.subject, _c.tags),
            *_PERSON,
        )
        .select_from(conversation_tables.conversations.outerjoin(contact_tables.contacts, _CONTACT))
        .where(engine.among(_c.org_id, _c.conversation_id, "ids"))
    )


def _indexed(engine: Engine) -> ClauseElement:
    return select(_d.document_id, _d.number, _d.digest).where(
        engine.among(_d.org_id, _d.document_id, "ids")
    )


def _taken(engine: Engine) -> ClauseElement:
    """Which of some numbers are in use. SQLite has one index for all organisations."""
    spans = engine.each_span("spans")
    if engine.name == "sqlite":
        # An outer join, which keeps the order of the tables: SQLite would read the whole index.
        return select(sqlite_index.c.rowid).select_from(
            spans.outerjoin(sqlite_index, sqlite_index.c.rowid == spans.c.first)
        )
    mine = _d.org_id == bindparam("org_id", type_=String)
    return select(_d.number).select_from(
        spans.join(tables.documents, and_(mine, _d.number == spans.c.first))
    )


def _ids_after(organization: ColumnElement[str], what: ColumnElement[str]) -> ClauseElement:
    return (
        select(what)
        .where(
            organization == bindparam("org_id", type_=String),
            what > bindparam("after", type_=String),
        )
        .order_by(what)
        .limit(bindparam("count", type_=Integer))
    )


#: What is there of messages and of conversations, by their ids.
MESSAGES = Query(_messages)
CONVERSATIONS = Query(_conversations)
#: What the index holds of them.
INDEXED = Query(_indexed)
TAKEN = Query(_taken)
#: The ids of all conversations, of all messages, and of all documents, some at a time.
CONVERSATIONS_AFTER = Query(lambda _: _ids_after(_c.org_id, _c.conversation_id))
MESSAGES_AFTER = Query(lambda _: _ids_after(_m.org_id, _m.message_id))
DOCUMENTS_AFTER = Query(lambda _: _ids_after(_d.org_id, _d.document_id))

INSERT_DOCUMENTS = BulkInsert(tables.documents)
DELETE_DOCUMENTS = BulkDelete(tables.documents)


class Source(NamedTuple):
    """What a document is made of, as the database has it.

    Attributes:
        is_message: Whether it is a message or a note, otherwise a conversation.
        row: By :data:`MESSAGES` or :data:`CONVERSATIONS`, which begin with the id.
    """

    is_message: bool
    row: tuple[Any, ...]

    @property
    def id(self) -> str:
        return self.row[0]


async def sources_of(
    session: Session, organization: str, message_ids: Sequence[str], conversation_ids: Sequence[str]
) -> list[Source]:
    """What is there of these messages and conversations."""
    engine = session.engine
    messages, conversations = await session.fetch_all(
        MESSAGES.prepare(engine, {"org_id": organization, "ids": engine.list_value(message_ids)}),
        CONVERSATIONS.prepare(
            engine, {"org_id": organization, "ids": engine.list_value(conversation_ids)}
        ),
    )
    found = [Source(is_message=True, row=tuple(row)) for row in messages]
    return found + [Source(is_message=False, row=tuple(row)) for row in conversations]


def document_of(organization: str, source: Source) -> Document:
    """The document of a message or a conversation. It takes the text apart."""
    if not source.is_message:
        conversation_id, number, created_at, subject, tags, *contact = source.row
        return of_conversation(
            organization,
            conversation_id=conversation_id,
            number=number,
            at=created_at,
            subject=subject,
            tags=_tags(tags),
            contact=_person(contact),
        )
    message_id, conversation_id, visibility, at, body, *who = source.row
    sender_kind, sender_id, sender_name, *contact = who
    return of_message(
        organization,
        message_id=message_id,
        conversation_id=conversation_id,
        visibility=Visibility(visibility),
        at=at,
        body=body,
        sender_kind=SenderKind(sender_kind),
        sender=Person(sender_id, sender_name),
        contact=_person(contact),
    )


async def indexed(
    session: Session, organization: str, document_ids: Sequence[str]
) -> dict[str, Indexed]:
    """What the index knows of these messages and conversations, by their ids."""
    rows = await session.fetch(
        INDEXED, org_id=organization, ids=session.engine.list_value(document_ids)
    )
    return {document_id: Indexed(number, digest) for document_id, number, digest in rows}


async def free_numbers(
    session: Session, organization: str, documents: Iterable[tuple[str, int]]
) -> dict[str, int]:
    """A number for each of these new documents, given as their ids and times, by their ids."""
    found: dict[str, int] = {}
    waiting = list(documents)
    for attempt in itertools.count():
        if not waiting:
            break
        wanted = {rules.number(item, at, attempt): item for item, at in waiting}
        spans = [("", number, number) for number in wanted]
        rows = await session.fetch(
            TAKEN, org_id=organization, spans=session.engine.spans_value(spans)
        )
        taken = {row[0] for row in rows} | set(found.values())
        found |= {item: number for number, item in wanted.items() if number not in taken}
        waiting = [(item, at) for item, at in waiting if item not in found]
    return found


async def organizations(session: Session) -> list[str]:
    """The organisations in which anything has happened."""
    return sorted(row[0] for row in await session.fetch(feed_statements.ORGANIZATIONS))


async def ids_after(
    session: Session, query: Query, organization: str, after: str, count: int
) -> list[str]:
    """The ids that follow one, in order, by :data:`MESSAGES_AFTER` or another of that kind."""
    rows = await session.fetch(query, org_id=organization, after=after, count=count)
    return [row[0] for row in rows]


def _person(row: Sequence[str | None]) -> Person:
    contact_id, name, email = row
    return Person(contact_id or "", name, email)
