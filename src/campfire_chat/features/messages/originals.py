"""What a message said before a function of the host app changed it: only a digest, with a key.

A repetition is recognised by it. The text itself is kept nowhere, and without the key, which only
the database holds, nobody finds it by trying.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import delete, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.prepared import Row
from campfire_chat.database.statement import BulkInsert, Query
from campfire_chat.features.messages import tables
from campfire_chat.ledger.lookups import Lookup
from campfire_chat.ledger.write_batch import WriteBatch

_o = tables.message_originals.c


class Original:
    """The text that a sender sent.

    Args:
        text: As it was sent, whatever is stored of it.
        key: The installation's, 16 to 64 bytes.
    """

    __slots__ = ("_key", "text")

    def __init__(self, text: str, key: bytes) -> None:
        self.text = text
        self._key = key

    @property
    def digest(self) -> str:
        return hashlib.blake2b(
            self.text.encode(), digest_size=16, key=self._key, person=b"campfire-text"
        ).hexdigest()


def _by_key(engine: Engine) -> ClauseElement:
    return select(_o.client_key, _o.digest).where(engine.among(_o.org_id, _o.client_key, "keys"))


def _digest(row: Row) -> tuple[str, str]:
    key, digest = row
    return key, digest


BY_KEY = Query(_by_key)
#: The digest of what was sent under the key of a sender and a client id, if it was changed.
ORIGINALS = Lookup(BY_KEY, _digest)
INSERT = BulkInsert(tables.message_originals)


def keep(batch: WriteBatch, organization: str, key: str, original: Original, body: str) -> None:
    """Keep the digest of what was sent, if something else is stored."""
    if body != original.text:
        batch.insert(INSERT, (organization, key, original.digest))
        batch.note(ORIGINALS, organization, key, original.digest)


async def drop(session: Session, organization: str, key: str) -> None:
    """Delete the digest of a message that is deleted."""
    await session.execute(
        delete(tables.message_originals).where(_o.org_id == organization, _o.client_key == key)
    )
