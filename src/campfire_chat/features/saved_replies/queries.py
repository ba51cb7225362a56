"""Reading saved replies. An agent sees those that are shared, and their own."""

from __future__ import annotations

from sqlalchemy import ColumnElement, String, and_, func, literal, select, tuple_

from campfire_chat.access.actor import Actor
from campfire_chat.core.errors import NotFoundError
from campfire_chat.database.lanes import Session
from campfire_chat.features.saved_replies.codec import record_of
from campfire_chat.features.saved_replies.records import SavedReplyRecord
from campfire_chat.features.saved_replies.tables import EVERYBODY, saved_replies

_r = saved_replies.c

#: Where a page of the list ends: a shortcut, and the id of the saved reply.
Place = tuple[str, str]


def visible(actor: Actor) -> ColumnElement[bool]:
    """Those that an agent sees."""
    return and_(_r.org_id == actor.organization, _r.owner_id.in_([EVERYBODY, actor.principal.id]))


async def page(
    session: Session, actor: Actor, words: list[str], after: Place | None, limit: int
) -> list[SavedReplyRecord]:
    """Those in which a word begins with each of these words, in the order of their shortcuts.

    Nothing but the shared ones and the agent's own is read: as many as the rules allow at most.
    """
    wanted = select(saved_replies).where(visible(actor))
    for word in words:
        # Words have letters, digits and underscores only; to LIKE an underscore is any character.
        pattern = "% " + word.replace("_", "\\_") + "%"
        wanted = wanted.where(_r.words.like(pattern, escape="\\"))
    if after is not None:
        place = tuple_(literal(after[0], String), literal(after[1], String))
        wanted = wanted.where(tuple_(_r.shortcut, _r.saved_reply_id) > place)
    ordered = wanted.order_by(_r.shortcut, _r.saved_reply_id).limit(limit)
    return [record_of(row) for row in await session.all(ordered)]


async def get(session: Session, actor: Actor, saved_reply_id: str) -> SavedReplyRecord:
    """
    Raises:
        NotFoundError: There is none, or it is somebody else's.
    """
    row = await session.first(
        select(saved_replies).where(visible(actor), _r.saved_reply_id == saved_reply_id)
    )
    if row is None:
        raise NotFoundError("There is no such saved reply.")
    return record_of(row)


async def with_shortcut(
    session: Session, organization: str, owner_id: str | None, shortcut: str
) -> str | None:
    """The id of the one with that shortcut, among the shared ones or those of an agent."""
    row = await session.first(
        select(_r.saved_reply_id).where(
            _r.org_id == organization,
            _r.owner_id == (owner_id or EVERYBODY),
            _r.shortcut == shortcut,
        )
    )
    return None if row is None else row["saved_reply_id"]


async def count(session: Session, organization: str, owner_id: str | None) -> int:
    """How many are shared, or how many an agent has."""
    row = await session.first(
        select(func.count().label("found")).where(
            _r.org_id == organization, _r.owner_id == (owner_id or EVERYBODY)
        )
    )
    return 0 if row is None else row["found"]
