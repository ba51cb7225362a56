"""The numbers of conversations, which people quote: 1, 2, 3 … within an organisation.

They are given out while the organisation's inbox is locked, as it is by every operation that begins
a conversation. So they need no lock of their own, and have no gaps. A number stays in its table
whatever happens to the conversation, so it never stands for another one.
"""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import can
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import BulkInsert, Query
from campfire_chat.features.conversations import tables
from campfire_chat.features.conversations.codec import CONVERSATION_ROWS
from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ
from campfire_chat.features.conversations.rules import Conversation
from campfire_chat.ledger.transaction import Transaction

_c, _n = tables.conversations.c, tables.conversation_numbers.c

#: The greatest number that is looked for: clients of JavaScript count exactly so far.
MOST: Final = 2**53 - 1
_QUOTED = re.compile(r"#?([0-9]{1,15})", re.ASCII)

INSERT = BulkInsert(tables.conversation_numbers)


def _last(_: Engine) -> ClauseElement:
    # The last entry of the index: it costs the same however many there are.
    return (
        select(_n.number)
        .where(_n.org_id == bindparam("org_id"))
        .order_by(_n.number.desc())
        .limit(1)
    )


def _by_number(_: Engine) -> ClauseElement:
    numbered = select(_n.conversation_id).where(
        _n.org_id == bindparam("org_id"), _n.number == bindparam("number")
    )
    return CONVERSATION_ROWS.select().where(
        _c.org_id == bindparam("org_id"), _c.conversation_id == numbered.scalar_subquery()
    )


LAST = Query(_last)
BY_NUMBER = Query(_by_number)


async def give(transaction: Transaction, organization: str, conversation_id: str) -> int:
    """The number of a conversation that begins now. The inbox is locked."""
    # Another conversation may have begun in this transaction.
    await transaction.flush_inserts(INSERT)
    rows = await transaction.session.fetch(LAST, org_id=organization)
    number = rows[0][0] + 1 if rows else 1
    transaction.insert(INSERT, (organization, number, conversation_id))
    return number


async def find(session: Session, actor: Actor, number: int) -> Conversation | None:
    """The conversation with this number; None if there is none that the caller may see."""
    rows = await session.fetch(BY_NUMBER, org_id=actor.organization, number=number)
    for row in rows:
        found = CONVERSATION_ROWS.read(row)
        if can(actor, CONVERSATIONS_READ, found):
            return found
    return None
