"""Messages that operations look up by a key."""

from __future__ import annotations

from campfire_chat.database.prepared import Row
from campfire_chat.features.messages import queries
from campfire_chat.features.messages.codec import MESSAGE_ROWS
from campfire_chat.features.messages.records import Message
from campfire_chat.ledger.lookups import Lookup


def _by_client_key(row: Row) -> tuple[str, Message]:
    return row[queries.CLIENT_KEY], MESSAGE_ROWS.read(row)


def _by_id(row: Row) -> tuple[str, Message]:
    message = MESSAGE_ROWS.read(row)
    return message.id, message


#: What was stored under the key of a sender and a client id.
SENT = Lookup(queries.BY_CLIENT_KEY, _by_client_key)
BY_ID = Lookup(queries.BY_ID, _by_id)
