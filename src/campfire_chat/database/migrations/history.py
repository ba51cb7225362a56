"""What revision 0002 does to the rows that are there, which SQL alone cannot say.

Rows are read a page at a time by their keys, so that a long history needs little memory. The tables
are named as they are at that revision: those of the package may have changed since.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, NamedTuple, cast

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
    tuple_,
    update,
)

from campfire_chat.core import clock, ids, text
from campfire_chat.database.installation import agent_key
from campfire_chat.database.lanes import Session
from campfire_chat.database.prepared import Prepared
from campfire_chat.database.statement import compiled

PAGE = 500
_AGENT = "agent"

_metadata = MetaData()


def _table(name: str, keys: Sequence[str], *columns: Column[Any]) -> Table:
    """A table with the columns of its key, which are text, and those others that are needed."""
    key = [Column(key, String, primary_key=True) for key in ("org_id", *keys)]
    return Table(f"campfire_{name}", _metadata, *key, *columns)


_agents = _table("agents", ["agent_id"], Column("external_id", String))
_conversations = _table(
    "conversations",
    ["conversation_id"],
    Column("assignee_id", String),
    Column("last_message", Text),
)
_messages = _table(
    "messages",
    ["message_id"],
    *(Column(name, String) for name in ("client_key", "sender_kind", "sender_id")),
    Column("body", Text),
    Column("edited_at", BigInteger),
    Column("deleted_at", BigInteger),
)
_receipts = _table("receipts", ["conversation_id", "participant_kind", "participant_id"])
_presence = _table("presence", ["place", "participant_kind", "participant_id", "node_id"])
_idempotency = _table("idempotency", ["client_key"])
_events = _table(
    "events",
    ["stream"],
    Column("seq", BigInteger, primary_key=True),
    *(Column(name, String) for name in ("event", "message_id")),
    Column("at", BigInteger),
    Column("payload", Text),
)
_versions = _table(
    "message_versions",
    ["message_id"],
    Column("number", Integer, primary_key=True),
    Column("body", Text),
    Column("at", BigInteger),
)
#: Where an agent's id stands: table, the column that says that it is an agent's, and the column.
_PLACES: list[tuple[Table, str | None, str]] = [
    (_conversations, None, "assignee_id"),
    (_messages, "sender_kind", "sender_id"),
    (_receipts, "participant_kind", "participant_id"),
    (_presence, "participant_kind", "participant_id"),
]

#: Organisation and the host's id of an agent → the desk's own id.
NewId = Callable[[str, str], str]
Values = dict[str, Any]
#: Organisation and id of a message.
MessageKey = tuple[str, str]


async def rewrite_history(session: Session) -> None:
    """Give every agent an id of the desk's own, and take the earlier texts out of the events."""
    key = await agent_key(session)

    def new_id(organization: str, agent_id: str) -> str:
        return ids.agent_of(key, organization, agent_id)

    for organization, agent_id in await _all_agents(session):
        await _rename(session, organization, agent_id, new_id(organization, agent_id))
    await _each(
        session,
        _conversations,
        ["last_message"],
        lambda row: {"last_message": _renamed(row["org_id"], row["last_message"], new_id)},
    )
    edited = await _edited(session)
    earlier: dict[MessageKey, list[tuple[str, int]]] = {}

    def event(row: Values) -> Values:
        payload = _renamed(row["org_id"], row["payload"], new_id)
        key = (row["org_id"], row["message_id"])
        if key in edited:
            frame = msgspec.json.decode(payload)
            data = frame["data"]
            if row["event"] == "conversation.updated":
                data["last_message"]["text"] = text.preview(edited[key].body)
            else:
                earlier.setdefault(key, []).append((data["body"], row["at"]))
                data["body"] = edited[key].body
                data["edited_at"] = clock.rfc3339(edited[key].at)
            payload = msgspec.json.encode(frame).decode()
        return {"payload": payload}

    await _each(session, _events, ["event", "at", "message_id", "payload"], event)
    await _keep(session, edited, earlier)


# Ids of agents.


async def _all_agents(session: Session) -> list[tuple[str, str]]:
    """Organisation and the host's id of every agent of whom anything is kept."""
    found: set[tuple[str, str]] = set()
    for table, kind, name in [(_agents, None, "external_id"), *_PLACES]:
        query = select(table.c.org_id, table.c[name].label("id")).where(table.c[name].is_not(None))
        if kind is not None:
            query = query.where(table.c[kind] == _AGENT)
        found.update((row["org_id"], row["id"]) for row in await session.all(query.distinct()))
    return sorted(found)


async def _rename(session: Session, organization: str, old: str, new: str) -> None:
    """Put a new id of an agent into every column that holds the old one."""
    suffix, new_suffix = f"\x1f{_AGENT}:{old}", f"\x1f{_AGENT}:{new}"
    for table, kind, name in [(_agents, None, "agent_id"), *_PLACES]:
        change = update(table).where(table.c.org_id == organization, table.c[name] == old)
        if kind is not None:
            change = change.where(table.c[kind] == _AGENT)
        await session.execute(change.values({name: new}))
    for table in (_messages, _idempotency):
        client_key = table.c.client_key
        begin = func.length(client_key) - len(suffix)
        await session.execute(
            update(table)
            .where(table.c.org_id == organization, func.substr(client_key, begin + 1) == suffix)
            .values(client_key=func.substr(client_key, 1, begin).concat(new_suffix))
        )


def _renamed(organization: str, payload: str | None, new_id: NewId) -> Any:
    """A JSON text with new ids of the agents in it."""
    if payload is None or (f'"{_AGENT}"' not in payload and '"assignee"' not in payload):
        return payload
    value = msgspec.json.decode(payload)
    _rename_in(value, organization, new_id)
    return msgspec.json.encode(value).decode()


def _rename_in(value: object, organization: str, new_id: NewId) -> None:
    if isinstance(value, list):
        for item in cast("list[object]", value):
            _rename_in(item, organization, new_id)
    elif isinstance(value, dict):
        fields = cast("Values", value)
        for name, item in fields.items():
            if name == "assignee" and isinstance(item, dict):
                assignee = cast("Values", item)
                assignee["id"] = new_id(organization, assignee["id"])
            else:
                _rename_in(item, organization, new_id)
        if fields.get("kind") == _AGENT:
            fields["id"] = new_id(organization, fields["id"])


# Earlier texts.


class _Text(NamedTuple):
    body: str
    at: int


async def _edited(session: Session) -> dict[MessageKey, _Text]:
    """What every message says that was edited and not deleted, and since when."""
    columns = _messages.c
    query = select(columns.org_id, columns.message_id, columns.body, columns.edited_at).where(
        columns.edited_at.is_not(None), columns.deleted_at.is_(None)
    )
    return {
        (row["org_id"], row["message_id"]): _Text(row["body"], row["edited_at"])
        for row in await session.all(query)
    }


async def _keep(
    session: Session,
    edited: dict[MessageKey, _Text],
    earlier: dict[MessageKey, list[tuple[str, int]]],
) -> None:
    """Keep every text of a message but the one that it has now."""
    for (organization, message_id), texts in earlier.items():
        if texts[-1][0] != edited[organization, message_id].body:
            raise AssertionError(f"the events of {message_id} do not end with what it says")
        for number, (body, at) in enumerate(texts[:-1], 1):
            await session.execute(
                insert(_versions).values(
                    org_id=organization, message_id=message_id, number=number, body=body, at=at
                )
            )


# Rows.


async def _each(
    session: Session, table: Table, columns: Sequence[str], change: Callable[[Values], Values]
) -> None:
    """Give every row of a table the values that ``change`` makes of its key and ``columns``; none
    of them is part of the key."""
    keys = [column.name for column in table.primary_key.columns]
    async for page in _pages(session, table, keys, columns):
        changed = [(row, change(row)) for row in page]
        rows = [
            {**values, **{f"key_{name}": row[name] for name in keys}}
            for row, values in changed
            if any(values[name] != row[name] for name in values)
        ]
        if not rows:
            continue
        statement = (
            update(table)
            .where(
                *(
                    table.c[name] == bindparam(f"key_{name}", type_=table.c[name].type)
                    for name in keys
                )
            )
            .values({name: bindparam(name, type_=table.c[name].type) for name in changed[0][1]})
        )
        sql, order, _ = compiled(statement, session.engine)
        values = [[row[name] for name in order] for row in rows]
        await session.run(Prepared(sql, values, many=True))


async def _pages(
    session: Session, table: Table, keys: Sequence[str], columns: Sequence[str]
) -> AsyncIterator[list[Values]]:
    """All rows of a table, in the order of its key."""
    key = [table.c[name] for name in keys]
    wanted = [table.c[name] for name in dict.fromkeys((*keys, *columns))]
    query = select(*wanted).order_by(*key).limit(PAGE)
    page = await session.all(query)
    while page:
        yield page
        last = tuple(page[-1][name] for name in keys)
        page = await session.all(query.where(tuple_(*key) > last))
