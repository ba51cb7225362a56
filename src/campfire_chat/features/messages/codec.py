"""Rows of messages to records, and back."""

from __future__ import annotations

from campfire_chat.database.codec import Codec, Part, Stored
from campfire_chat.features.messages import tables
from campfire_chat.features.messages.records import Message, MessageVersion
from campfire_chat.ledger.client_keys import client_id_of

#: The time is given, although the record has it: reading it back from the text costs more than all
#: the rest of the row.
MESSAGE_ROWS = Codec(
    tables.messages,
    Message,
    names={"id": "message_id", "client_id": "client_key"},
    stored={"client_id": Stored(client_id_of)},
    inner={"sender": Part("sender_")},
    given=("org_id", "client_key", "at"),
)
VERSION_ROWS = Codec(tables.message_versions, MessageVersion)
